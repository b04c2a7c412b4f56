/// What is connected to what, as nodes and links.
enum Topology {
    static func json(_ state: ControlState) -> JSON {
        var nodes: [JSON] = []
        var links: [JSON] = []
        for record in state.sortedSwitches {
            let id = "switch/\(record.name)"
            nodes.append(node(id, "switch", record.name))
            if let attachment = record.attachment { links.append(link(id, "program/\(attachment.program)")) }
            for info in record.vale.ports {
                let portID = "port/\(record.name)/\(info.name)"
                nodes.append(node(portID, "port", info.name, state: info.state.rawValue))
                links.append(link(id, portID))
                guard let interface = info.interface else { continue }
                nodes.append(node("interface/\(interface)", "interface", interface))
                links.append(link(portID, "interface/\(interface)"))
            }
        }
        for record in state.sortedPrograms {
            let id = "program/\(record.name)"
            nodes.append(node(id, "program", record.name))
            for map in record.mapNames { links.append(link(id, "map/\(map)")) }
        }
        for record in state.sortedMaps { nodes.append(node("map/\(record.name)", "map", record.name)) }
        return ["nodes": .array(nodes), "links": .array(links)]
    }

    private static func node(_ id: String, _ kind: String, _ name: String, state: String? = nil) -> JSON {
        var node: JSON = ["id": .string(id), "kind": .string(kind), "name": .string(name)]
        if let state { node.set("state", .string(state)) }
        return node
    }

    private static func link(_ from: String, _ to: String) -> JSON {
        ["from": .string(from), "to": .string(to)]
    }
}
