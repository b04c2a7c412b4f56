import Capture
import Dispatch
import Engine
import Foundation
import Switching
import Synchronization
import Verifier

/// What the API acts on: what was declared, and the dataplane that carries it out.
///
/// Writes run on the control queue, one after another; reads take a copy of the state and never wait for a write. What a
/// write has to verify is verified before its turn.
final class Control: Sendable {
    let dataplane: Dataplane
    let trace: TraceLog
    let fib: FIBControl
    let records = RecordHubs()
    let events: EventHub
    let started = Date()
    let writer = DispatchQueue(label: "swale.control", qos: .userInitiated)
    let reader = DispatchQueue(label: "swale.read", qos: .userInitiated, attributes: .concurrent)
    let verification: ThreadPool
    let testRuns: ThreadPool
    /// What one function may take to be verified.
    let verifierLimits: Verifier.Limits
    /// Of every program that is loaded.
    let programOptions: Program.Options
    /// Of the files of pcap ports; nil where there are none.
    let pcapDirectory: PcapDirectory?
    /// Whose turn it is to run programs in the slot of the dataplane's domain that belongs to no worker.
    let spareSlot = Mutex(())
    private let current = Mutex(ControlState())
    private let ready = Atomic(true)

    init(dataplane: Dataplane, configuration: ControlConfiguration) {
        self.dataplane = dataplane
        verifierLimits = configuration.verifierLimits
        pcapDirectory = configuration.pcapDirectory.map { PcapDirectory($0) }
        fib = FIBControl(domain: dataplane.domain)
        programOptions = Program.Options(checksAccesses: configuration.checksAccesses, fib: fib.table)
        verification = .verification(avoiding: dataplane.cpu)
        testRuns = .testRuns(avoiding: dataplane.cpu)
        trace = TraceLog()
        events = EventHub(trace: trace)
    }

    var uptime: Double { Date().timeIntervalSince(started) }

    /// What `/readyz` tells.
    var isReady: Bool {
        get { ready.load(ordering: .relaxed) }
        set { ready.store(newValue, ordering: .relaxed) }
    }

    var state: ControlState { current.withLock { $0 } }

    /// Waits for the turn of a write. From a thread of the verification pool only.
    func inTurn<T>(_ body: () throws(Problem) -> T) throws(Problem) -> T {
        try writer.sync { Result { () throws(Problem) -> T in try body() } }.get()
    }

    /// On the control queue only.
    func change(_ body: (inout ControlState) -> Void) {
        let (before, after) = current.withLock { state in
            let before = state
            body(&state)
            return (before, state)
        }
        if before.portSpecs != after.portSpecs { fib.update(after) }
        records.keep(after)
    }
}
