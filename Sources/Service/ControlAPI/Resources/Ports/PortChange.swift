import Capture
import Foundation
import PacketIO
import Switching

/// Makes a port what its spec says. Control queue only.
struct PortChange {
    let name: String
    let spec: PortSpec
    let record: SwitchRecord
    let state: ControlState
    /// Where ports on files find them; nil where there are none.
    let pcapDirectory: PcapDirectory?
    private let chain: [XDPAttachment]

    /// - Throws: where there is no such program for its chain.
    init(
        name: String, spec: PortSpec, record: SwitchRecord, state: ControlState, pcapDirectory: PcapDirectory?
    ) throws(Problem) {
        self.name = name
        self.spec = spec
        self.record = record
        self.state = state
        self.pcapDirectory = pcapDirectory
        chain = try PortChain.resolve(spec, in: state)
    }

    private var old: PortRecord? { record.ports[name] }

    var isUnchanged: Bool { old?.spec == spec }

    /// Whether the port stays, so that at most its admin state and its XDP programs change.
    private var isSamePort: Bool {
        guard let old else { return false }
        return old.spec.backend == spec.backend && old.spec.interface == spec.interface && old.spec.pcap == spec.pcap
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
        if let pcap = spec.pcap { try check(pcap) }
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
        guard let old else { return try add() }
        guard isSamePort else { return try replace(old) }
        var port = old
        do {
            if port.spec.adminState != spec.adminState {
                try record.vale.setAdminState(name, isUp: spec.adminState == .up)
            }
            if port.spec.xdp != spec.xdp || port.spec.xdpTiming != spec.xdpTiming {
                try record.vale.setChain(name, chain, isTimed: spec.xdpTiming)
            }
        } catch {
            throw Problem(error)
        }
        port.spec = spec
        return port
    }

    /// Files are there, and no other port writes them.
    private func check(_ pcap: PcapPort.Options) throws(Problem) {
        guard let pcapDirectory else {
            throw Problem(.unsupported, "ports on files need a folder: swale serve --pcap-directory DIR")
        }
        let pointer = JSONPointer() / "pcap"
        if let name = pcap.replay, let failure = PcapPort.refusal(ofReplay: name, in: pcapDirectory) {
            throw .invalid(at: pointer / "replay", failure.description)
        }
        for other in state.switches.values {
            for port in other.ports.values where !(other.name == record.name && port.name == name) {
                let written = port.spec.pcap?.write
                let read = port.spec.pcap?.replay
                for file in [pcap.replay, pcap.write].compactMap({ $0 })
                where file == written || file == pcap.write && file == read {
                    throw .conflict("\(file) is in use by port \(port.name) of switch \(other.name)")
                }
            }
        }
    }

    /// - Parameter ifindex: of the port in whose place it is, where that one was not an interface's.
    private func add(ifindex: UInt32? = nil) throws(Problem) -> PortRecord {
        var port = PortRecord(name: name, spec: spec, number: 0)
        switch spec.backend {
        case .interface: break
        case .memory: port.memory = MemoryPort(receiveFrames: 1024, transmitFrames: 1024, bytes: 1 << 20)
        case .pcap:
            if let options = spec.pcap, let pcapDirectory { port.pcap = PcapPort(options, in: pcapDirectory) }
        }
        do {
            port.number = try link(port, number: number, ifindex: ifindex, chain)
        } catch {
            port.close()
            throw error
        }
        return port
    }

    /// The old port is back where the new one can't be had. One on files then plays and writes anew.
    private func replace(_ old: PortRecord) throws(Problem) -> PortRecord {
        old.quiet()
        var ifindex: UInt32?
        do {
            let removed = try record.vale.removePort(name)
            if old.spec.backend != .interface { ifindex = removed.ifindex }
        } catch {
            throw Problem(error)
        }
        // The new one may write the same file.
        old.pcap?.stop()
        do {
            let new = try add(ifindex: ifindex)
            old.close()
            return new
        } catch {
            let chain = (try? PortChain.resolve(old.spec, in: state)) ?? []
            _ = try? link(old, number: old.number, ifindex: ifindex, chain, mayBeAbsent: true)
            throw error
        }
    }

    /// Makes it a port of the switch.
    ///
    /// - Returns: its number.
    private func link(
        _ port: PortRecord, number: UInt8?, ifindex: UInt32?, _ chain: [XDPAttachment], mayBeAbsent: Bool = false
    ) throws(Problem) -> UInt8 {
        let memory = port.memory ?? port.pcap?.memory
        let backend =
            memory.map { PortBackend.memory($0) } ?? .interface(port.spec.interface ?? "", mayBeAbsent: mayBeAbsent)
        let info: PortInfo
        do {
            info = try record.vale.addPort(
                name, backend, number: number, ifindex: ifindex, isAdminUp: port.spec.adminState == .up, chain: chain,
                isTimed: port.spec.xdpTiming)
        } catch {
            throw Problem(error)
        }
        do {
            try port.pcap?.start()
        } catch {
            port.quiet()
            _ = try? record.vale.removePort(name)
            throw .conflict("\(error)")
        }
        return info.number
    }
}
