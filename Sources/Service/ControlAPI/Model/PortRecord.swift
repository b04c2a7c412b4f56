import Capture
import PacketIO
import Switching

struct PortRecord: Sendable {
    var name: String
    var spec: PortSpec
    var number: UInt8
    /// Ours to close, for a port in memory.
    var memory: MemoryPort?
    /// The same for one on files.
    var pcap: PcapPort?

    var etag: String { ETag.make("port", name, spec.json) }

    /// Before the switch lets go of the port.
    func quiet() { pcap?.stopReplay() }

    /// Once it has.
    func close() {
        memory?.close()
        pcap?.close()
    }
}

/// `PortSpec` of openapi.yaml.
struct PortSpec: Sendable, Equatable {
    enum Backend: String, CaseIterable { case interface, memory, pcap }
    enum AdminState: String, CaseIterable { case up, down }

    var backend = Backend.interface
    /// Of ports on an interface.
    var interface: String?
    /// Of ports on files.
    var pcap: PcapPort.Options?
    /// Nil where the lowest free one was asked for.
    var number: UInt8?
    var adminState = AdminState.up
    var xdp: [XDPSpec] = []
    /// Runs of the XDP programs are timed.
    var xdpTiming = false

    /// The XDP programs in the order in which they run, as the dataplane sorts them.
    var chain: [XDPSpec] { xdp.inChainOrder(\.priority) }

    var json: JSON {
        var json: JSON = ["backend": .string(backend.rawValue)]
        if let interface { json.set("interface", .string(interface)) }
        if let pcap { json.set("pcap", pcap.json) }
        if let number { json.set("number", .integer(number)) }
        json.set("adminState", .string(adminState.rawValue))
        if !xdp.isEmpty { json.set("xdp", .array(xdp.map(\.json))) }
        if xdpTiming { json.set("xdpTiming", true) }
        return json
    }
}

/// `XDPSpec` of openapi.yaml: a program of a port's chain.
struct XDPSpec: Sendable, Equatable {
    var program: String
    /// Nil where the object has one XDP program.
    var function: String?
    var priority = XDPAttachment.defaultPriority
    var chainCalls = XDPAttachment.defaultChainCalls

    var json: JSON {
        var json: JSON = ["program": .string(program)]
        if let function { json.set("function", .string(function)) }
        json.set("priority", .integer(priority))
        let names = XDPVerdict.allCases.filter { chainCalls.contains($0) }.map { JSON.string($0.name) }
        json.set("chainCalls", .array(names))
        return json
    }
}
