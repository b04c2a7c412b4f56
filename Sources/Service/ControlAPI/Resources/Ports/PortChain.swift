import Engine
import Object
import Switching

/// The XDP programs of a port: from their names to what the dataplane runs, and to what they have counted.
enum PortChain {
    /// - Parameter replacing: the object that a program's name stands for instead of the one of `state`.
    static func resolve(
        _ spec: PortSpec, in state: ControlState, replacing: (name: String, object: LoadedObject)? = nil
    ) throws(Problem) -> [XDPAttachment] {
        var chain: [XDPAttachment] = []
        for (index, item) in spec.xdp.enumerated() {
            let pointer = JSONPointer() / "xdp" / index
            let known = state.programs[item.program]?.object
            guard let object = item.program == replacing?.name ? replacing?.object : known else {
                throw .invalid(at: pointer / "program", "there is no program \(item.program)")
            }
            do {
                let program = try object.program(function: item.function, type: .xdp)
                chain.append(XDPAttachment(program, priority: item.priority, chainCalls: item.chainCalls))
            } catch .rejected(let rejection) {
                throw Problem(rejection)
            } catch {
                throw .invalid(at: pointer / "function", "\(error)")
            }
        }
        return chain
    }

    /// The chain in the order in which it runs, with what it has counted.
    static func json(_ info: PortInfo, _ spec: PortSpec) -> JSON {
        .array(
            zip(spec.chain, info.chain).map { name, link in
                let counters = link.counters
                let verdicts = XDPVerdict.allCases.filter { counters.verdicts[$0] != nil }
                return [
                    "program": .string(name.program), "function": .string(link.attachment.program.name),
                    "runs": .count(counters.runs), "nanoseconds": .count(counters.nanoseconds),
                    "verdicts": .object(
                        verdicts.map { JSON.Member(name: $0.name, value: .count(counters.verdicts[$0] ?? 0)) }),
                    "invalid": .count(counters.invalid), "faults": .count(counters.faults),
                ]
            })
    }
}
