import Foundation
import PacketIO
import Switching

/// Makes a port what its spec says. Control queue only.
struct PortChange {
    let name: String
    let spec: PortSpec
    let record: SwitchRecord
    let state: ControlState
    private let chain: [XDPAttachment]

    /// - Throws: where there is no such program for its chain.
    init(name: String, spec: PortSpec, record: SwitchRecord, state: ControlState) throws(Problem) {
        self.name = name
        self.spec = spec
        self.record = record
        self.state = state
        chain = try PortChain.resolve(spec, in: state)
    }

    private var old: PortRecord? { record.ports[name] }

    var isUnchanged: Bool { old?.spec == spec }

    /// Whether the port stays, so that at most its admin state and its XDP programs change.
    private var isSamePort: Bool {
        guard let old else { return false }
        return old.spec.backend == spec.backend && old.spec.interface == spec.interface
            && (spec.number == nil || spec.number == old.number)
    }

    /// A port that is replaced keeps its number unless another is asked for.
    private var number: UInt8? { spec.number ?? old?.number }

    /// Refuses what can be told before anything is touched.
    func check() throws(Problem) {
        if isSamePort { return }
        if let number = spec.number,
            let other = record.ports.values.first(where: { $0.number == number && $0.name != name })
        {
            throw .conflict("number \(number) of switch \(record.name) is port \(other.name)")
        }
        if old == nil && record.ports.count >= VALESwitch.maximumPorts {
            throw .conflict("switch \(record.name) has \(VALESwitch.maximumPorts) ports already")
        }
        guard let interface = spec.interface else { return }
        for other in state.switches.values {
            for port in other.ports.values
            where port.spec.interface == interface && !(other.name == record.name && port.name == name) {
                throw .inUse(
                    "interface \(interface) is port \(port.name) of switch \(other.name)",
                    by: ["/v1/switches/\(other.name)/ports/\(port.name)"])
            }
        }
        guard if_nametoindex(interface) != 0 else {
            throw .invalid(at: JSONPointer() / "interface", "there is no interface \(interface)")
        }
    }

    /// The port as it would be.
    func expected() -> PortRecord {
        let taken = Set(record.ports.values.map(\.number))
        let free = (0..<UInt8(VALESwitch.maximumPorts)).first { !taken.contains($0) } ?? 0
        return PortRecord(name: name, spec: spec, number: number ?? free)
    }

    func carryOut() throws(Problem) -> PortRecord {
        do {
            if var port = old, isSamePort {
                if port.spec.adminState != spec.adminState {
                    try record.vale.setAdminState(name, isUp: spec.adminState == .up)
                }
                if port.spec.xdp != spec.xdp || port.spec.xdpTiming != spec.xdpTiming {
                    try record.vale.setChain(name, chain, isTimed: spec.xdpTiming)
                }
                port.spec = spec
                return port
            }
            guard let old else { return try add() }
            return try replace(old)
        } catch {
            throw Problem(error)
        }
    }

    private func add() throws(SwitchError) -> PortRecord {
        let (backend, memory) = Self.backend(spec)
        do {
            let info = try record.vale.addPort(
                name, backend, number: number, isAdminUp: spec.adminState == .up, chain: chain,
                isTimed: spec.xdpTiming)
            return PortRecord(name: name, spec: spec, number: info.number, memory: memory)
        } catch {
            memory?.close()
            throw error
        }
    }

    /// The old port is back where the new one can't be had.
    private func replace(_ old: PortRecord) throws(SwitchError) -> PortRecord {
        try record.vale.removePort(name)
        do {
            let new = try add()
            old.memory?.close()
            return new
        } catch {
            let backend = old.memory.map { PortBackend.memory($0) } ?? Self.backend(old.spec, mayBeAbsent: true).0
            _ = try? record.vale.addPort(
                name, backend, number: old.number, isAdminUp: old.spec.adminState == .up,
                chain: (try? PortChain.resolve(old.spec, in: state)) ?? [], isTimed: old.spec.xdpTiming)
            throw error
        }
    }

    private static func backend(_ spec: PortSpec, mayBeAbsent: Bool = false) -> (PortBackend, MemoryPort?) {
        switch spec.backend {
        case .interface: return (.interface(spec.interface ?? "", mayBeAbsent: mayBeAbsent), nil)
        case .memory:
            let memory = MemoryPort(receiveFrames: 1024, transmitFrames: 1024, bytes: 1 << 20)
            return (.memory(memory), memory)
        }
    }
}
