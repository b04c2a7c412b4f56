import Capture
import Foundation
import HTTP
import PacketIO
import Switching

/// `/v1/switches/{switch}/ports`
enum PortRoutes {
    static var endpoints: [Endpoint] {
        [
            .get("/v1/switches/{switch}/ports", query: ["limit", "cursor"], at: .reader, list),
            .get("/v1/switches/{switch}/ports/{port}", at: .reader, get),
            .put("/v1/switches/{switch}/ports/{port}", body: .optional(["application/json"]), put),
            Endpoint(
                method: .patch, template: "/v1/switches/{switch}/ports/{port}", query: ["dryRun"],
                body: .required(["application/merge-patch+json", "application/json"]), place: .writer, run: patch),
            .delete("/v1/switches/{switch}/ports/{port}", delete),
        ]
    }

    static func list(_ context: Context) throws(Problem) -> Response {
        let record = try context.control.state.switch(try context.switch())
        let infos = Dictionary(record.vale.ports.map { ($0.name, $0) }) { first, _ in first }
        let all = record.ports.values.sorted { $0.name < $1.name }
        return try context.page(all, name: { $0.name }) { port throws(Problem) in
            json(port, in: record.name, infos[port.name])
        }
    }

    static func get(_ context: Context) throws(Problem) -> Response {
        let record = try context.control.state.switch(try context.switch())
        let port = try context.control.state.port(try context.port(), of: record.name)
        return context.answer(json(port, in: record.name, record.vale.port(named: port.name)), etag: port.etag)
    }

    static func put(_ context: Context) throws(Problem) -> Response {
        let name = try context.port()
        let record = try context.control.state.switch(try context.switch())
        try context.checkPreconditions(record.ports[name]?.etag)
        return try write(context, name, try PortSpec(try context.jsonOrEmpty(), port: name), record)
    }

    /// RFC 7396: null takes a member away, which is then as it is by default.
    static func patch(_ context: Context) throws(Problem) -> Response {
        let name = try context.port()
        let record = try context.control.state.switch(try context.switch())
        try context.checkPreconditions(record.ports[name]?.etag)
        let old = try context.control.state.port(name, of: record.name)
        let patch = try context.json()
        var merged: [JSON.Member] = []
        if case .object(let members) = old.spec.json { merged = members }
        for (member, reader) in try patch.members(known: PortSpec.members).members.map({ ($0.name, $0.value) }) {
            let old = JSON.object(merged)[member]
            merged.removeAll { $0.name == member }
            if case .null = reader { continue }
            merged.append(JSON.Member(name: member, value: member == "pcap" ? merge(reader, into: old) : reader))
        }
        // A change of backend leaves behind what belongs to the old one.
        if case .string(let backend)? = JSON.object(merged)["backend"], backend != old.spec.backend.rawValue {
            for member in ["interface", "pcap"] where patch.value[member] == nil {
                merged.removeAll { $0.name == member }
            }
        }
        return try write(context, name, try PortSpec(JSONReader(.object(merged)), port: name), record)
    }

    /// Members of an object, one level deep.
    private static func merge(_ patch: JSON, into old: JSON?) -> JSON {
        guard case .object(let changes) = patch, case .object(var members)? = old else { return patch }
        for change in changes {
            members.removeAll { $0.name == change.name }
            if case .null = change.value { continue }
            members.append(change)
        }
        return .object(members)
    }

    private static func write(
        _ context: Context, _ name: String, _ spec: PortSpec, _ record: SwitchRecord
    ) throws(Problem) -> Response {
        let control = context.control
        let change = try PortChange(
            name: name, spec: spec, record: record, state: control.state, pcapDirectory: control.pcapDirectory)
        try change.check()
        let isNew = record.ports[name] == nil
        if context.isDryRun {
            let port = change.expected()
            return context.written(json(port, in: record.name, nil), etag: port.etag, isNew: isNew)
        }
        let port = try change.carryOut()
        control.change { $0.switches[record.name]?.ports[name] = port }
        if isNew || !change.isUnchanged {
            control.events.lifecycle(isNew ? .created : .changed, "port", "\(record.name)/\(name)")
        }
        let info = record.vale.port(named: name)
        return context.written(json(port, in: record.name, info), etag: port.etag, isNew: isNew)
    }

    static func delete(_ context: Context) throws(Problem) -> Response {
        let name = try context.port()
        let control = context.control
        let record = try control.state.switch(try context.switch())
        try context.checkPreconditions(record.ports[name]?.etag)
        let port = try control.state.port(name, of: record.name)
        if !context.isDryRun {
            port.quiet()
            do {
                _ = try record.vale.removePort(name)
            } catch {
                throw Problem(error)
            }
            port.close()
            control.change { $0.switches[record.name]?.ports[name] = nil }
            control.events.lifecycle(.deleted, "port", "\(record.name)/\(name)")
        }
        return context.deleted()
    }

    /// - Parameter info: nil for a port that is not there (yet).
    static func json(_ port: PortRecord, in switchName: String, _ info: PortInfo?) -> JSON {
        var status: JSON = [
            "switch": .string(switchName), "number": .integer(port.number),
            "ifindex": .integer(info?.ifindex ?? port.spec.interface.map { if_nametoindex($0) } ?? 0),
            "adminState": .string(port.spec.adminState.rawValue),
            "operState": .string((info?.state ?? .down).rawValue),
        ]
        if let mac = info?.macAddress { status.set("mac", .string(MACAddress.text(mac))) }
        if let mtu = info?.mtu { status.set("mtu", .integer(mtu)) }
        if let info, !info.chain.isEmpty { status.set("xdp", PortChain.json(info, port.spec)) }
        if let pcap = port.pcap { status.set("pcap", json(pcap.status)) }
        return ["name": .string(port.name), "spec": port.spec.json, "status": status]
    }

    private static func json(_ pcap: PcapPort.Status) -> JSON {
        var json: JSON = [
            "replaying": .bool(pcap.isReplaying), "replayed": .count(pcap.replayed), "loops": .count(pcap.loops),
            "skipped": .count(pcap.skipped), "written": .count(pcap.written),
        ]
        if let failure = pcap.replayFailure { json.set("replayError", .string(failure)) }
        if let failure = pcap.writeFailure { json.set("writeError", .string(failure)) }
        return json
    }
}
