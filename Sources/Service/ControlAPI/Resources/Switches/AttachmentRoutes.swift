import Engine
import Foundation
import HTTP
import Object

/// `/v1/switches/{switch}/program`
enum AttachmentRoutes {
    static var endpoints: [Endpoint] {
        [
            .get("/v1/switches/{switch}/program", get),
            .put("/v1/switches/{switch}/program", put),
            .delete("/v1/switches/{switch}/program", delete),
        ]
    }

    static func get(_ context: Context) throws(Problem) -> Response {
        let record = try attachment(context)
        return context.answer(record.json, etag: record.etag)
    }

    private static func attachment(_ context: Context) throws(Problem) -> AttachmentRecord {
        let record = try context.control.state.switch(try context.switch())
        guard let attachment = record.attachment else { throw .notFound("switch \(record.name) has no program") }
        return attachment
    }

    static func put(_ context: Context) throws(Problem) -> Response {
        let control = context.control
        let state = control.state
        let record = try state.switch(try context.switch())
        try context.checkPreconditions(record.attachment?.etag)
        let members = try context.json().members(known: ["program", "function"])
        let programReader = try members.required("program")
        let programName = try programReader.string()
        guard let program = state.programs[programName] else {
            throw programReader.refusal("there is no program \(programName)")
        }
        let asked = try members["function"]?.string()
        let loaded: Program
        do {
            // The upload has asked the verifier already, as vale wherever no section says otherwise.
            loaded = try program.object.program(function: asked, type: .vale)
        } catch .rejected(let rejection) {
            throw Problem(rejection)
        } catch {
            throw .invalid(at: members.pointer / "function", "\(error)")
        }
        let attachment = AttachmentRecord(
            switchName: record.name, program: programName, asked: asked, function: loaded.name, attached: Date())
        if !context.isDryRun {
            do {
                try record.vale.setProgram(loaded)
            } catch {
                throw Problem(error)
            }
            control.change { $0.switches[record.name]?.attachment = attachment }
            control.events.lifecycle(record.attachment == nil ? .created : .replaced, "attachment", record.name)
        }
        return context.written(attachment.json, etag: attachment.etag, isNew: record.attachment == nil)
    }

    static func delete(_ context: Context) throws(Problem) -> Response {
        let control = context.control
        let record = try control.state.switch(try context.switch())
        try context.checkPreconditions(record.attachment?.etag)
        _ = try attachment(context)
        if !context.isDryRun {
            do {
                try record.vale.setProgram(nil)
            } catch {
                throw Problem(error)
            }
            control.change { $0.switches[record.name]?.attachment = nil }
            control.events.lifecycle(.deleted, "attachment", record.name)
        }
        return context.deleted()
    }
}
