import Capture
import Switching

extension PortSpec {
    static let members = ["backend", "interface", "pcap", "number", "adminState", "xdp", "xdpTiming"]

    init(_ reader: JSONReader, port name: String) throws(Problem) {
        let members = try reader.members(known: Self.members)
        backend = try members["backend"]?.choice() ?? .interface
        adminState = try members["adminState"]?.choice() ?? .up
        number = try members["number"].map { reader throws(Problem) in UInt8(try reader.integer(in: 0...253)) }
        xdpTiming = try members["xdpTiming"]?.bool() ?? false
        for item in try members["xdp"]?.items() ?? [] { xdp.append(try XDPSpec(item)) }
        guard xdp.count <= XDPAttachment.maximumPrograms else {
            throw .invalid(
                at: members.pointer / "xdp", "a port has up to \(XDPAttachment.maximumPrograms) XDP programs")
        }
        switch backend {
        case .memory:
            if let given = members["interface"] { throw given.refusal("a port in memory has no interface") }
        case .pcap:
            if let given = members["interface"] { throw given.refusal("a port on files has no interface") }
            pcap = try PcapPort.Options(try members.required("pcap"))
        case .interface:
            let given = try members["interface"]?.string() ?? name
            guard Names.isInterfaceName(given) else {
                throw .invalid(at: members.pointer / "interface", "\(given) can't be an interface")
            }
            interface = given
        }
        if backend != .pcap, let given = members["pcap"] { throw given.refusal("it is for the backend pcap") }
    }
}

extension PcapPort.Options {
    init(_ reader: JSONReader) throws(Problem) {
        let members = try reader.members(known: ["replay", "timing", "loop", "write"])
        self.init()
        replay = try members["replay"].map { reader throws(Problem) in try Self.fileName(reader) }
        write = try members["write"].map { reader throws(Problem) in try Self.fileName(reader) }
        timing = try members["timing"]?.choice() ?? .recorded
        if let given = members["loop"] { loop = UInt64(try given.integer(in: 0...Int128(Int64.max))) }
        guard let file = replay ?? write else { throw reader.refusal("neither a file to replay nor one to write") }
        if replay == write { throw reader.refusal("\(file) can't be replayed and written") }
    }

    private static func fileName(_ reader: JSONReader) throws(Problem) -> String {
        let name = try reader.string()
        guard PcapDirectory.isName(name) else {
            throw reader.refusal("\(name) is no plain file name: without slashes, not hidden, up to 255 bytes")
        }
        return name
    }

    var json: JSON {
        var json: JSON = [:]
        if let replay {
            json.set("replay", .string(replay))
            json.set("timing", .string(timing.rawValue))
            json.set("loop", .count(loop))
        }
        if let write { json.set("write", .string(write)) }
        return json
    }
}

extension XDPSpec {
    init(_ reader: JSONReader) throws(Problem) {
        let members = try reader.members(known: ["program", "function", "priority", "chainCalls"])
        program = try members.required("program").string()
        function = try members["function"]?.string()
        if let given = members["priority"] { priority = Int(try given.integer(in: 0...65535)) }
        if let given = members["chainCalls"] {
            chainCalls = []
            for item in try given.items() {
                let name = try item.string()
                guard let verdict = XDPVerdict.allCases.first(where: { $0.name == name }) else {
                    let known = XDPVerdict.allCases.map(\.name).joined(separator: ", ")
                    throw item.refusal("\(name) is none of \(known)")
                }
                chainCalls.insert(verdict)
            }
        }
    }
}
