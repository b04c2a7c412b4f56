import Foundation
import PacketIO
import Switching

/// Counters as JSON. Asks the dataplane, so not on the event loop.
enum Statistics {
    static func all(_ control: Control) -> JSON {
        let state = control.state
        return [
            "time": .string(Timestamp.text(Date())), "uptimeSeconds": .number(control.uptime),
            "switches": .array(state.sortedSwitches.map { json($0) }),
            "programs": .array(state.sortedPrograms.map { ProgramRoutes.statistics($0) }),
            "maps": .array(
                state.sortedMaps.map {
                    [
                        "name": .string($0.name), "type": .string($0.attributes.type.name),
                        "entries": .integer($0.map.entryCount), "maxEntries": .integer($0.attributes.maxEntries),
                    ]
                }),
        ]
    }

    static func json(_ record: SwitchRecord) -> JSON {
        let statistics = record.vale.statistics()
        return [
            "name": .string(record.name), "program": record.attachment?.spec ?? nil,
            "ledger": json(statistics.ledger),
            "ports": .array(statistics.ports.map { json($0, record.ports[$0.name]) }),
        ]
    }

    static func json(_ port: PortInfo, _ record: PortRecord?) -> JSON {
        var json: JSON = [
            "name": .string(port.name), "number": .integer(port.number),
            "adminState": port.isAdminUp ? "up" : "down", "operState": .string(port.state.rawValue),
            "rxFrames": .count(port.counters.rxFrames), "rxBytes": .count(port.counters.rxBytes),
            "txFrames": .count(port.counters.txFrames), "txBytes": .count(port.counters.txBytes),
            "drops": Self.json(port.counters.drops),
        ]
        if let record, !port.chain.isEmpty { json.set("xdp", PortChain.json(port, record.spec)) }
        return json
    }

    static func json(_ ledger: SwitchLedger) -> JSON {
        [
            "received": .count(ledger.received), "generated": .count(ledger.generated),
            "transmitted": .count(ledger.transmitted), "dropped": .count(ledger.dropped),
            "drops": json(ledger.drops), "balanced": .bool(ledger.balanced),
        ]
    }

    private static func json(_ drops: [DropReason: UInt64]) -> JSON {
        let counted = drops.filter { $0.value > 0 }.sorted { $0.key.rawValue < $1.key.rawValue }
        return .object(counted.map { JSON.Member(name: $0.key.name, value: .count($0.value)) })
    }
}

extension ControlState {
    var sortedSwitches: [SwitchRecord] { switches.values.sorted { $0.name < $1.name } }
    var sortedPrograms: [ProgramRecord] { programs.values.sorted { $0.name < $1.name } }
    var sortedMaps: [MapRecord] { maps.values.sorted { $0.name < $1.name } }
}
