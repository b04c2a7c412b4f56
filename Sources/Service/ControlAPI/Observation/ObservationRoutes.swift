import HTTP
import PacketIO
import Switching

/// Counters, drops, topology, interfaces.
enum ObservationRoutes {
    static var endpoints: [Endpoint] {
        [
            .get("/v1/stats", at: .reader) { context throws(Problem) in
                context.answer(Statistics.all(context.control))
            },
            .get("/v1/switches/{switch}/stats", at: .reader) { context throws(Problem) in
                context.answer(Statistics.json(try context.control.state.switch(try context.switch())))
            },
            .get("/v1/switches/{switch}/ports/{port}/stats", at: .reader, port),
            .get("/v1/drops", at: .reader, drops),
            .get("/v1/topology", at: .reader) { context throws(Problem) in
                context.answer(Topology.json(context.control.state))
            },
            .get("/v1/interfaces", at: .reader, interfaces),
        ]
    }

    private static func port(_ context: Context) throws(Problem) -> Response {
        let record = try context.control.state.switch(try context.switch())
        let port = try context.control.state.port(try context.port(), of: record.name)
        guard let info = record.vale.port(named: port.name) else { throw .notFound("port \(port.name) is gone") }
        return context.answer(Statistics.json(info, port))
    }

    private static func drops(_ context: Context) throws(Problem) -> Response {
        context.answer([
            "reasons": .array(
                DropReason.allCases.map { ["name": .string($0.name), "description": .string($0.explanation)] }),
            "switches": .array(
                context.control.state.sortedSwitches.map {
                    ["name": .string($0.name), "ledger": Statistics.json($0.vale.ledger())]
                }),
        ])
    }

    private static func interfaces(_ context: Context) throws(Problem) -> Response {
        var ports: [String: JSON] = [:]
        for record in context.control.state.switches.values {
            for port in record.ports.values {
                guard let interface = port.spec.interface else { continue }
                ports[interface] = ["switch": .string(record.name), "port": .string(port.name)]
            }
        }
        let items: [JSON] = NetworkInterface.all().map { interface in
            [
                "name": .string(interface.name), "index": .integer(interface.index),
                "mac": interface.address.map { .string(MACAddress.text($0)) } ?? nil,
                "mtu": .integer(interface.mtu), "up": .bool(interface.isUp), "running": .bool(interface.isRunning),
                "port": ports[interface.name] ?? nil,
            ]
        }
        return context.answer(["items": .array(items)])
    }
}
