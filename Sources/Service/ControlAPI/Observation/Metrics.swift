import HTTP
import Switching

/// `/metrics`: the text format of Prometheus, version 0.0.4.
struct Metrics {
    private var text = ""

    static func response(_ control: Control, version: String) -> Response {
        var metrics = Metrics()
        metrics.service(control, version)
        let state = control.state
        metrics.switches(state)
        metrics.programs(state.sortedPrograms)
        metrics.maps(state.sortedMaps)
        return Response(contentType: "text/plain; version=0.0.4; charset=utf-8", bytes: Array(metrics.text.utf8))
    }

    private mutating func family(_ name: String, _ type: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    private mutating func sample(_ name: String, _ labels: [(String, String)], _ value: some CustomStringConvertible) {
        text += name
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",") + "}"
        }
        text += " \(value)\n"
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    private mutating func service(_ control: Control, _ version: String) {
        family("swale_build_info", "gauge", "Version of the service.")
        sample("swale_build_info", [("version", version)], 1)
        family("swale_uptime_seconds", "gauge", "Seconds since the service started.")
        sample("swale_uptime_seconds", [], control.uptime)
    }

    private mutating func switches(_ state: ControlState) {
        let all = state.sortedSwitches.map { ($0.name, $0.vale.statistics()) }
        ledger(all)
        let ports = all.flatMap { name, statistics in statistics.ports.map { (name, $0) } }
        let counters: [(String, String, (PortInfo) -> UInt64)] = [
            ("swale_port_receive_frames_total", "Frames received.", { $0.counters.rxFrames }),
            ("swale_port_receive_bytes_total", "Bytes received.", { $0.counters.rxBytes }),
            ("swale_port_transmit_frames_total", "Frames that the egress accepted.", { $0.counters.txFrames }),
            ("swale_port_transmit_bytes_total", "Bytes that the egress accepted.", { $0.counters.txBytes }),
        ]
        for (family, help, value) in counters {
            self.family(family, "counter", help)
            for (name, port) in ports { sample(family, [("switch", name), ("port", port.name)], value(port)) }
        }
        family("swale_port_drops_total", "counter", "Frames dropped at a port, by reason.")
        for (name, port) in ports {
            for (reason, count) in port.counters.drops.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                sample(
                    "swale_port_drops_total", [("switch", name), ("port", port.name), ("reason", reason.name)], count)
            }
        }
        family("swale_port_up", "gauge", "Whether the port's interface can carry frames.")
        for (name, port) in ports {
            sample("swale_port_up", [("switch", name), ("port", port.name)], port.state == .up ? 1 : 0)
        }
        chains(ports, state)
    }

    private mutating func chains(_ ports: [(String, PortInfo)], _ state: ControlState) {
        let links = ports.flatMap { name, port in
            let specs = state.switches[name]?.ports[port.name]?.spec.chain ?? []
            return zip(specs, port.chain).map { spec, link in
                let labels = [
                    ("switch", name), ("port", port.name), ("program", spec.program),
                    ("function", link.attachment.program.name),
                ]
                return (labels, link.counters)
            }
        }
        family("swale_xdp_runs_total", "counter", "Runs of an XDP program of a port.")
        for (labels, counters) in links { sample("swale_xdp_runs_total", labels, counters.runs) }
        family("swale_xdp_verdicts_total", "counter", "The same by verdict.")
        for (labels, counters) in links {
            for verdict in XDPVerdict.allCases {
                guard let count = counters.verdicts[verdict] else { continue }
                sample("swale_xdp_verdicts_total", labels + [("verdict", verdict.name)], count)
            }
        }
        family("swale_xdp_seconds_total", "counter", "Time of runs, where it is measured.")
        for (labels, counters) in links where counters.nanoseconds > 0 {
            sample("swale_xdp_seconds_total", labels, Double(counters.nanoseconds) / 1e9)
        }
    }

    private mutating func ledger(_ all: [(String, SwitchStatistics)]) {
        let counters: [(String, String, (SwitchLedger) -> UInt64)] = [
            ("swale_switch_received_frames_total", "Frames received by all ports ever.", { $0.received }),
            ("swale_switch_generated_frames_total", "Copies made of frames.", { $0.generated }),
            ("swale_switch_transmitted_frames_total", "Copies that were transmitted.", { $0.transmitted }),
        ]
        for (family, help, value) in counters {
            self.family(family, "counter", help)
            for (name, statistics) in all { sample(family, [("switch", name)], value(statistics.ledger)) }
        }
        family("swale_switch_drops_total", "counter", "Copies dropped, by reason.")
        for (name, statistics) in all {
            for (reason, count) in statistics.ledger.drops.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                sample("swale_switch_drops_total", [("switch", name), ("reason", reason.name)], count)
            }
        }
        family("swale_switch_ledger_balanced", "gauge", "Whether every frame is accounted for.")
        for (name, statistics) in all {
            sample("swale_switch_ledger_balanced", [("switch", name)], statistics.ledger.balanced ? 1 : 0)
        }
    }

    private mutating func programs(_ records: [ProgramRecord]) {
        let all = records.flatMap { record in record.object.madePrograms.map { (record.name, $0) } }
        family("swale_program_runs_total", "counter", "Runs of a function of a program.")
        for (name, program) in all {
            sample(
                "swale_program_runs_total",
                [("program", name), ("function", program.name), ("type", program.type.rawValue)],
                program.statistics.runs)
        }
        family("swale_program_faults_total", "counter", "Runs that ended in a fault.")
        for (name, program) in all {
            for (fault, count) in program.statistics.faults.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                sample(
                    "swale_program_faults_total",
                    [
                        ("program", name), ("function", program.name), ("type", program.type.rawValue),
                        ("fault", fault.name),
                    ], count)
            }
        }
    }

    private mutating func maps(_ records: [MapRecord]) {
        family("swale_map_entries", "gauge", "Entries of a map.")
        for record in records { sample("swale_map_entries", [("map", record.name)], record.map.entryCount) }
        family("swale_map_max_entries", "gauge", "Entries that a map can hold.")
        for record in records { sample("swale_map_max_entries", [("map", record.name)], record.attributes.maxEntries) }
    }
}
