import Foundation
import HTTP
import Switching

/// `/v1/switches`
enum SwitchRoutes {
    static var endpoints: [Endpoint] {
        [
            .get("/v1/switches", query: ["limit", "cursor"], list),
            .get("/v1/switches/{switch}", get),
            .put("/v1/switches/{switch}", body: .optional(["application/json"]), put),
            .delete("/v1/switches/{switch}", delete),
        ] + AttachmentRoutes.endpoints + PortRoutes.endpoints + [ForwardingRoute.endpoint]
    }

    static func list(_ context: Context) throws(Problem) -> Response {
        let all = context.control.state.switches.values.sorted { $0.name < $1.name }
        return try context.page(all, name: { $0.name }) { record throws(Problem) in json(record) }
    }

    static func get(_ context: Context) throws(Problem) -> Response {
        let record = try context.control.state.switch(try context.switch())
        return context.answer(json(record), etag: record.etag)
    }

    static func put(_ context: Context) throws(Problem) -> Response {
        let name = try context.switch()
        let control = context.control
        let isDryRun = context.isDryRun
        let old = control.state.switches[name]
        try context.checkPreconditions(old?.etag)
        let reader = try context.jsonOrEmpty().members(known: ["description"])["description"]
        let description = try reader?.string()
        if let reader, let description, description.unicodeScalars.count > 256 {
            throw reader.refusal("longer than 256 characters")
        }
        if var record = old {
            let isChanged = record.description != description
            record.description = description
            if isChanged && !isDryRun {
                control.change { $0.switches[name]?.description = description }
                control.events.lifecycle(.changed, "switch", name)
            }
            return context.written(json(record), etag: record.etag, isNew: false)
        }
        if isDryRun {
            let json = json(
                name: name, spec: SwitchRecord.spec(description), attachment: nil, ports: [], created: Date())
            return context.written(
                json, etag: ETag.make("switch", name, SwitchRecord.spec(description)), isNew: true)
        }
        let vale: VALESwitch
        do {
            vale = try control.dataplane.createSwitch(name)
        } catch {
            throw Problem(error)
        }
        let record = SwitchRecord(name: name, description: description, created: Date(), vale: vale)
        control.change { $0.switches[name] = record }
        control.events.lifecycle(.created, "switch", name)
        return context.written(json(record), etag: record.etag, isNew: true)
    }

    static func delete(_ context: Context) throws(Problem) -> Response {
        let name = try context.switch()
        let control = context.control
        try context.checkPreconditions(control.state.switches[name]?.etag)
        let record = try control.state.switch(name)
        if !context.isDryRun {
            for port in record.ports.values { port.quiet() }
            do {
                try control.dataplane.removeSwitch(name)
            } catch {
                throw Problem(error)
            }
            for port in record.ports.values { port.close() }
            control.change { $0.switches[name] = nil }
            control.events.lifecycle(.deleted, "switch", name)
        }
        return context.deleted()
    }

    static func json(_ record: SwitchRecord) -> JSON {
        json(
            name: record.name, spec: record.spec, attachment: record.attachment,
            ports: record.ports.values.sorted { $0.number < $1.number }, created: record.created)
    }

    private static func json(
        name: String, spec: JSON, attachment: AttachmentRecord?, ports: [PortRecord], created: Date
    ) -> JSON {
        [
            "name": .string(name), "spec": spec,
            "status": [
                "program": attachment?.spec ?? nil,
                "ports": .array(ports.map { ["name": .string($0.name), "number": .integer($0.number)] }),
                "created": .string(Timestamp.text(created)),
            ],
        ]
    }
}
