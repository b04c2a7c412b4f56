import Capture
import Engine
import Foundation
import HTTP
import HTTPTypes
import Switching

/// `/v1/captures`
enum CaptureRoutes {
    static var endpoints: [Endpoint] {
        [
            .get("/v1/captures", query: ["limit", "cursor"], list),
            .get("/v1/captures/{capture}", get),
            .put("/v1/captures/{capture}", at: .verifier, put),
            .delete("/v1/captures/{capture}", delete),
            .get("/v1/captures/{capture}/pcapng", query: ["follow"], pcapng),
        ]
    }

    /// Captures at a time, those that have ended included.
    static let maximum = 64

    static func list(_ context: Context) throws(Problem) -> Response {
        let all = context.control.state.captures.values.sorted { $0.name < $1.name }
        return try context.page(all, name: { $0.name }) { record throws(Problem) in json(record) }
    }

    static func get(_ context: Context) throws(Problem) -> Response {
        let record = try context.control.state.capture(try context.capture())
        return context.answer(json(record), etag: record.etag)
    }

    static func put(_ context: Context) throws(Problem) -> Response {
        let name = try context.capture()
        let control = context.control
        // Once more in its turn; here to spare the work.
        try context.checkPreconditions(control.state.captures[name]?.etag)
        let body = try context.json()
        let spec = try CaptureSpec(body)
        var filter: Program?
        if let text = spec.filter {
            do {
                filter = try FilterExpression.program(text, domain: control.dataplane.domain, trace: control.trace)
            } catch {
                throw .invalid(at: JSONPointer() / "filter", "\(error)")
            }
        }
        return try control.inTurn { () throws(Problem) -> Response in
            try write(context, name, spec, filter)
        }
    }

    private static func write(
        _ context: Context, _ name: String, _ spec: CaptureSpec, _ filter: Program?
    ) throws(Problem) -> Response {
        let control = context.control
        let state = control.state
        let old = state.captures[name]
        try context.checkPreconditions(old?.etag)
        guard let record = state.switches[spec.switchName] else {
            throw .invalid(at: JSONPointer() / "switch", "there is no switch \(spec.switchName)")
        }
        for (index, port) in (spec.ports ?? []).enumerated() where record.ports[port] == nil {
            throw .invalid(at: JSONPointer() / "ports" / index, "switch \(record.name) has no port \(port)")
        }
        // The same again changes nothing, whether it still runs or not.
        if let old, old.spec == spec {
            if !context.isDryRun { old.lease?.renew() }
            return context.written(json(old), etag: old.etag, isNew: false)
        }
        guard old != nil || state.captures.count < maximum else {
            throw .conflict("there are \(maximum) captures already; delete one")
        }
        if context.isDryRun {
            let planned = CaptureRecord(name: name, spec: spec, session: nil, started: Date())
            return context.written(json(planned), etag: planned.etag, isNew: old == nil)
        }
        let session: CaptureSession
        do {
            let options = TapOptions(
                ports: spec.ports.map { Set($0) }, direction: spec.direction, outcome: spec.outcome, filter: filter,
                snaplen: spec.snaplen)
            let tap = try record.vale.startTap(options)
            session = try CaptureSession(tap, of: record.vale, limits: spec.limits)
        } catch let error as SwitchError {
            throw Problem(error)
        } catch {
            throw .conflict("\(error)")
        }
        old?.session?.stop()
        let lease = spec.lingerSeconds.map { seconds in
            CaptureLease(seconds: seconds, on: control.writer) { [weak control] in
                guard let control, let record = control.state.captures[name], record.session === session else { return }
                remove(record, control)
            }
        }
        let new = CaptureRecord(name: name, spec: spec, session: session, lease: lease, started: Date())
        control.change { $0.captures[name] = new }
        control.events.lifecycle(old == nil ? .created : .replaced, "capture", name)
        return context.written(json(new), etag: new.etag, isNew: old == nil)
    }

    static func delete(_ context: Context) throws(Problem) -> Response {
        let name = try context.capture()
        let control = context.control
        try context.checkPreconditions(control.state.captures[name]?.etag)
        let record = try control.state.capture(name)
        if !context.isDryRun { remove(record, control) }
        return context.deleted()
    }

    /// On the control queue. Who follows it still gets its end.
    private static func remove(_ record: CaptureRecord, _ control: Control) {
        record.session?.stop()
        control.change { $0.captures[record.name] = nil }
        control.events.lifecycle(.deleted, "capture", record.name)
    }

    static func pcapng(_ context: Context) throws(Problem) -> Response {
        let record = try context.control.state.capture(try context.capture())
        guard let session = record.session else { throw .notFound("there is no capture \(record.name)") }
        let download = CaptureDownload(
            session, record.lease, follows: context.request.query("follow") == "true", on: context.control.reader)
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/x-pcapng",
                .contentDisposition: "attachment; filename=\"\(record.name).pcapng\"",
            ],
            body: .stream(download.stream))
    }

    static func json(_ record: CaptureRecord) -> JSON {
        let status = record.session?.status
        var json: JSON = [
            "state": status?.isRunning ?? true ? "running" : "complete", "packets": .count(status?.packets ?? 0),
            "bytes": .count(UInt64(status?.bytes ?? 0)), "lost": .count(status?.lost ?? 0),
            "started": .string(Timestamp.text(record.started)),
        ]
        if let failure = status?.failure { json.set("error", .string(failure)) }
        return ["name": .string(record.name), "spec": record.spec.json, "status": json]
    }
}
