/// All that was declared. A value: readers copy it, the control queue replaces it.
struct ControlState: Sendable {
    var programs: [String: ProgramRecord] = [:]
    /// Of objects and by themselves.
    var maps: [String: MapRecord] = [:]
    var switches: [String: SwitchRecord] = [:]
    var captures: [String: CaptureRecord] = [:]
    var fib = FIBState()

    func program(_ name: String) throws(Problem) -> ProgramRecord {
        guard let record = programs[name] else { throw .notFound("there is no program \(name)") }
        return record
    }

    func map(_ name: String) throws(Problem) -> MapRecord {
        guard let record = maps[name] else { throw .notFound("there is no map \(name)") }
        return record
    }

    func `switch`(_ name: String) throws(Problem) -> SwitchRecord {
        guard let record = switches[name] else { throw .notFound("there is no switch \(name)") }
        return record
    }

    func capture(_ name: String) throws(Problem) -> CaptureRecord {
        guard let record = captures[name] else { throw .notFound("there is no capture \(name)") }
        return record
    }

    func port(_ name: String, of switchName: String) throws(Problem) -> PortRecord {
        guard let record = try `switch`(switchName).ports[name] else {
            throw .notFound("switch \(switchName) has no port \(name)")
        }
        return record
    }

    /// Switches that a program is attached to, by name.
    func attachments(of program: String) -> [AttachmentRecord] {
        switches.values.compactMap(\.attachment).filter { $0.program == program }
            .sorted { $0.switchName < $1.switchName }
    }

    /// Ports that a program is in the chain of, by switch and name.
    func ports(of program: String) -> [(record: SwitchRecord, port: PortRecord)] {
        sortedSwitches.flatMap { record in
            record.ports.values.sorted { $0.name < $1.name }
                .filter { $0.spec.xdp.contains { $0.program == program } }.map { (record, $0) }
        }
    }

    /// Programs that use a map, by name.
    func users(ofMap name: String) -> [String] {
        programs.values.filter { $0.mapNames.contains(name) }.map(\.name).sorted()
    }

    /// The schema of a map: its own, or that of a program that uses it.
    func schema(of record: MapRecord) -> MapSchema? {
        if let schema = record.schema { return schema }
        for user in users(ofMap: record.name) {
            guard let program = programs[user], let index = program.mapNames.firstIndex(of: record.name) else {
                continue
            }
            if let schema = MapSchema(program.object.file, mapIndex: index) { return schema }
        }
        return nil
    }

    /// Of all ports, by switch and name.
    var portSpecs: [String: [String: PortSpec]] { switches.mapValues { $0.ports.mapValues(\.spec) } }
}
