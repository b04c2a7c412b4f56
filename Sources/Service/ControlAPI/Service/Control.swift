import Dispatch
import Engine
import Foundation
import Switching
import Synchronization

/// What the API acts on: what was declared, and the dataplane that carries it out.
///
/// Writes run on the control queue, one after another; reads take a copy of the state and never wait for a write.
final class Control: Sendable {
    let dataplane: Dataplane
    let trace: TraceLog
    let events: EventHub
    let started = Date()
    let writer = DispatchQueue(label: "swale.control", qos: .userInitiated)
    let reader = DispatchQueue(label: "swale.read", qos: .userInitiated, attributes: .concurrent)
    private let current = Mutex(ControlState())
    private let ready = Atomic(true)

    init(dataplane: Dataplane) {
        self.dataplane = dataplane
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

    /// On the control queue only.
    func change(_ body: (inout ControlState) -> Void) {
        current.withLock { body(&$0) }
    }
}
