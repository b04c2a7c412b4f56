import Switching

extension PortSpec {
    static let members = ["backend", "interface", "number", "adminState", "xdp", "xdpTiming"]

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
        case .interface:
            let given = try members["interface"]?.string() ?? name
            guard Names.isInterfaceName(given) else {
                throw .invalid(at: members.pointer / "interface", "\(given) can't be an interface")
            }
            interface = given
        }
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
