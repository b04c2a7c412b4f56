import Engine
import Foundation
import HTTP
import Object

/// `/v1/programs`
enum ProgramRoutes {
    /// The largest object, in bytes.
    static let objectLimit = 32 << 20

    static var endpoints: [Endpoint] {
        [
            .get("/v1/programs", query: ["limit", "cursor"], list),
            .get("/v1/programs/{program}", get),
            .put(
                "/v1/programs/{program}", query: ["log"],
                body: .required(["application/octet-stream", "multipart/form-data", "application/json"]),
                bodyLimit: objectLimit, at: .verifier, put),
            .delete("/v1/programs/{program}", delete),
            .get("/v1/programs/{program}/stats", stats),
            TestRunRoute.endpoint,
            .get("/v1/programs/{program}/disassembly", query: ["function", "form"], at: .reader, Disassembly.get),
            .get(
                "/v1/programs/{program}/verifier-log", query: ["function", "type"], at: .verifier, VerifierLog.get),
        ]
    }

    static func list(_ context: Context) throws(Problem) -> Response {
        let state = context.control.state
        let all = state.programs.values.sorted { $0.name < $1.name }
        return try context.page(all, name: { $0.name }) { record throws(Problem) in json(record, state) }
    }

    static func get(_ context: Context) throws(Problem) -> Response {
        let state = context.control.state
        let record = try state.program(try context.program())
        return context.answer(json(record, state), etag: record.etag)
    }

    static func put(_ context: Context) throws(Problem) -> Response {
        let name = try context.program()
        let control = context.control
        // Once more in its turn; here to spare the work.
        try context.checkPreconditions(control.state.programs[name]?.etag)
        let upload = try ProgramUpload(context.request)
        let verifier = try ProgramVerification(context, upload).verify()
        return try control.inTurn { () throws(Problem) -> Response in
            let state = control.state
            let old = state.programs[name]
            try context.checkPreconditions(old?.etag)
            let loading = ProgramLoading(
                name: name, control: control, state: state, upload: upload, verifier: verifier)
            let loaded = try loading.load(replacing: old)
            if !context.isDryRun { try loaded.commit(control) }
            let after = loaded.applied(to: state)
            return context.written(json(loaded.record, after), etag: loaded.record.etag, isNew: old == nil)
        }
    }

    static func delete(_ context: Context) throws(Problem) -> Response {
        let name = try context.program()
        let state = context.control.state
        try context.checkPreconditions(state.programs[name]?.etag)
        let record = try state.program(name)
        let switches = state.attachments(of: name).map(\.switchName)
        let ports = state.ports(of: name).map { ($0.record.name, $0.port.name) }
        guard switches.isEmpty && ports.isEmpty else {
            let names = switches + ports.map { "port \($1) of \($0)" }
            throw .inUse(
                "program \(name) is attached to \(names.joined(separator: ", "))",
                by: switches.map { "/v1/switches/\($0)/program" } + ports.map { "/v1/switches/\($0)/ports/\($1)" })
        }
        if !context.isDryRun {
            context.control.change { state in
                state.programs[name] = nil
                for map in record.mapNames where !record.borrowed.contains(map) { state.maps[map] = nil }
            }
            context.control.events.lifecycle(.deleted, "program", name)
        }
        return context.deleted()
    }

    static func stats(_ context: Context) throws(Problem) -> Response {
        context.answer(statistics(try context.control.state.program(try context.program())))
    }

    // MARK: Documents

    static func json(_ record: ProgramRecord, _ state: ControlState) -> JSON {
        let file = record.object.file
        let functions: [JSON] = file.programs.map { program in
            var function: JSON = [
                "name": .string(program.name), "section": .string(program.section),
                "type": program.type.map { .string($0.rawValue) } ?? nil,
                "instructions": .integer(program.instructions.count),
            ]
            let accepted = record.object.verifier.verifications(of: program.name).filter(\.isAccepted)
            function.set("verified", .array(accepted.map { JSON(encoding: $0) }))
            return function
        }
        let maps: [JSON] = zip(record.mapNames, file.maps).map { name, definition in
            [
                "name": .string(name), "symbol": .string(definition.name),
                "type": .string(definition.attributes.type.name), "own": .bool(!record.borrowed.contains(name)),
            ]
        }
        var attachments: [JSON] = state.attachments(of: record.name).map {
            ["switch": .string($0.switchName), "function": .string($0.function)]
        }
        for (owner, port) in state.ports(of: record.name) {
            for item in port.spec.xdp where item.program == record.name {
                let function = try? record.object.file.program(item.function, type: .xdp).name
                attachments.append([
                    "switch": .string(owner.name), "port": .string(port.name),
                    "function": .string(function ?? item.function ?? ""),
                ])
            }
        }
        let skipped = file.skipped.map { ["name": .string($0.name), "section": .string($0.section)] as JSON }
        return [
            "name": .string(record.name), "spec": record.spec,
            "status": [
                "functions": .array(functions), "skipped": .array(skipped), "maps": .array(maps),
                "btf": .bool(file.btf != nil),
                "license": file.license.map { .string($0) } ?? nil, "attachments": .array(attachments),
                "loaded": .string(Timestamp.text(record.loaded)),
            ],
        ]
    }

    static func statistics(_ record: ProgramRecord) -> JSON {
        let functions: [JSON] = record.object.madePrograms.map { program in
            let statistics = program.statistics
            let faults = statistics.faults.sorted { $0.key.rawValue < $1.key.rawValue }
            return [
                "name": .string(program.name), "type": .string(program.type.rawValue),
                "runs": .count(statistics.runs),
                "faults": .object(faults.map { JSON.Member(name: $0.key.name, value: .count($0.value)) }),
            ]
        }
        return ["name": .string(record.name), "functions": .array(functions)]
    }
}
