import Engine
import Maps
import PacketIO

/// The switches of a service and the thread that moves their frames.
///
/// Any thread may call, but for the dataplane's own. A change takes effect between two bursts, and is complete when the
/// call returns.
public final class Dataplane: @unchecked Sendable {
    public let options: DataplaneOptions
    /// The worker's, for the maps of the programs that run on it.
    public let domain: WorkerDomain
    private let control: Control
    /// Under the control lock.
    private var byName: [String: VALESwitch] = [:]

    public init(options: DataplaneOptions = DataplaneOptions()) throws(SwitchError) {
        guard 1...DataplaneOptions.maximumBurst ~= options.burst else {
            throw .invalidOption("burst \(options.burst) is not in 1...\(DataplaneOptions.maximumBurst)")
        }
        guard 0...1_000_000 ~= options.spinMicroseconds else {
            throw .invalidOption("spin \(options.spinMicroseconds) us is not in 0...1000000")
        }
        self.options = options
        domain = WorkerDomain(workers: 1)
        control = try Control(options, domain)
        try control.watchInterfaces()
    }

    deinit { stop() }

    /// Ends the worker and closes every port. Nothing can be added from here on.
    public func stop() {
        control.stopWatching()
        for name in switches.map(\.name) { try? removeSwitch(name) }
        control.thread.stop()
    }

    /// The CPU that the worker is pinned to; nil where it may run on any.
    public var cpu: Int? { control.thread.cpu }

    /// CPU time that the worker has used.
    public var cpuNanoseconds: UInt64 { control.thread.cpuNanoseconds }

    /// By name.
    public var switches: [VALESwitch] {
        control.withLock { byName.values.sorted { $0.name < $1.name } }
    }

    public subscript(_ name: String) -> VALESwitch? {
        control.withLock { byName[name] }
    }

    @discardableResult
    public func createSwitch(_ name: String) throws(SwitchError) -> VALESwitch {
        try control.withLock { () throws(SwitchError) -> VALESwitch in
            guard !name.isEmpty else { throw .invalidName(name) }
            guard byName[name] == nil else { throw .switchExists(name) }
            guard byName.count < Worker.maximumSwitches else { throw .tooManySwitches }
            let new = VALESwitch(name, control)
            byName[name] = new
            return new
        }
    }

    /// With all its ports.
    public func removeSwitch(_ name: String) throws(SwitchError) {
        try control.withLock { () throws(SwitchError) in
            guard let old = byName.removeValue(forKey: name) else { throw .noSuchSwitch(name) }
            old.close()
        }
    }

    /// A program that is to be replaced: a switch's, or those of a port.
    public enum ProgramChange: Sendable {
        /// nil takes the program away.
        case program(VALESwitch, Program?)
        case chain(VALESwitch, port: String, [XDPAttachment], isTimed: Bool)
    }

    /// Replaces several programs between the same two bursts. What is refused changes nothing.
    public func setPrograms(_ changes: [ProgramChange]) throws(SwitchError) {
        for change in changes {
            switch change {
            case .program(_, let program):
                if let program, program.type != .vale { throw .wrongProgramType(program.type) }
            case .chain(let target, _, let chain, _): try target.check(chain)
            }
        }
        try control.withLock { () throws(SwitchError) in
            var ports: [Port] = []
            for case .chain(let target, let port, _, _) in changes { ports.append(try target.port(port)) }
            var chains: [ChainChange] = []
            for case .chain(_, _, let chain, let isTimed) in changes {
                chains.append(ChainChange(port: ports[chains.count], chain: chain, isTimed: isTimed))
            }
            control.thread.perform { [chains] _ in
                for case .program(let target, let program) in changes {
                    target.table.pointee.attach(program?.executable)
                }
                for chain in chains { chain.takeUp() }
            }
            // Nobody runs the old ones any more, so that they may go.
            for case .program(let target, let program) in changes { target.attached = program }
            for chain in chains { chain.finish() }
        }
    }
}
