import Foundation
import TestSupport
import Testing

@testable import ControlAPI

struct SwitchTests {
    private static func frame(to destination: UInt8, from source: UInt8) -> [UInt8] {
        [2, 0, 0, 0, 0, destination, 2, 0, 0, 0, 0, source, 0x08, 0x00] + [UInt8](repeating: 0x55, count: 50)
    }

    @Test func anUploadedProgramDecidesWhereFramesGo() throws {
        let api = try TestService()
        let ports = try api.makeSwitch("br0", ports: ["a", "b", "c"])
        #expect(try api.putProgram("bridge", try Fixture.learningBridge.get()).status == 201)
        let attached = try api.call("PUT", "/v1/switches/br0/program", json: #"{"program":"bridge"}"#)
        #expect(attached.status == 201, "\(attached.text)")
        #expect(attached.string("status.function") == "learning_bridge")

        ports[0].inject(Self.frame(to: 2, from: 1))
        #expect(eventually { ports[1].transmittedCount == 1 && ports[2].transmittedCount == 1 })
        ports[1].inject(Self.frame(to: 1, from: 2))
        #expect(eventually { ports[0].transmittedCount == 1 })

        let table = try api.call("GET", "/v1/switches/br0/fdb")
        #expect(table.string("map") == "bridge.fdb")
        let learned = (table["items"] as? [[String: Any]])?.map { "\($0["mac"] ?? "") \($0["portName"] ?? "")" }
        #expect(learned.map(Set.init) == ["02:00:00:00:00:01 a", "02:00:00:00:00:02 b"])
        let entries = try api.call("GET", "/v1/maps/bridge.fdb/entries")
        #expect(entries.count("items") == 2)

        let stats = try api.call("GET", "/v1/switches/br0/stats")
        #expect(stats.string("ledger.received") == "2")
        #expect(stats.string("ledger.transmitted") == "3")
        #expect(stats["ledger.balanced"] as? Bool == true)
        #expect(stats.string("ports.0.rxFrames") == "1")
        #expect(try api.call("GET", "/v1/programs/bridge/stats").string("functions.0.runs") == "2")
        #expect(try api.call("GET", "/v1/switches/br0/ports/a/stats").string("rxBytes") == "64")
        let metrics = try api.call("GET", "/metrics").text
        #expect(metrics.contains(#"swale_port_receive_frames_total{switch="br0",port="a"} 1"#))
        #expect(
            metrics.contains(#"swale_program_runs_total{program="bridge",function="learning_bridge",type="vale"} 2"#))
        #expect(metrics.contains(#"swale_switch_ledger_balanced{switch="br0"} 1"#))
        #expect(try api.call("DELETE", "/v1/programs/bridge").problem == "in-use")
    }

    @Test func replacingAnAttachedObjectSwapsItAndKeepsItsMaps() throws {
        let api = try TestService()
        let ports = try api.makeSwitch("br0", ports: ["a", "b"])
        let object = try Fixture.types.get()
        _ = try api.putProgram("p", object, options: #"{"constants":{"egress":1}}"#)
        _ = try api.call("PUT", "/v1/switches/br0/program", json: #"{"program":"p","function":"forward"}"#)
        ports[0].inject(Self.frame(to: 2, from: 1))
        #expect(eventually { ports[1].transmittedCount == 1 })
        #expect(try api.call("GET", "/v1/maps/p.counters/entries/0x00000000?percpu=sum").string("value") == "1")

        let replaced = try api.putProgram("p", object, options: #"{"constants":{"egress":1,"shade":"BLUE"}}"#)
        #expect(replaced.status == 200)
        ports[0].inject(Self.frame(to: 2, from: 1))
        #expect(
            try eventually {
                try api.call("GET", "/v1/drops").string("switches.0.ledger.drops.program_drop") == "1"
            })
        #expect(try api.call("GET", "/v1/maps/p.counters/entries/0x00000000?percpu=sum").string("value") == "2")
        #expect(try api.call("GET", "/v1/maps/p.bss/entries").string("items.0.value.runs") == "1")

        // An object without the attached function is refused, and nothing changes.
        let other = try Fixture.learningBridge.get()
        #expect(try api.putProgram("p", other).problem == "conflict")
        #expect(try api.call("GET", "/v1/programs/p").headers["etag"] == replaced.headers["etag"])
        #expect(try api.call("GET", "/v1/switches/br0/program").string("status.function") == "forward")
    }

    @Test(arguments: [
        (#"{"program":"none"}"#, "/program"), (#"{"program":"p","function":"none"}"#, "/function"),
        (#"{"program":"p"}"#, "/function"), (#"{"program":"p","function":"pass"}"#, "/function"), (#"{}"#, ""),
        (#"{"program":"p","function":"forward","priority":1}"#, "/priority"),
    ])
    func wrongAttachmentsAreRefused(body: String, pointer: String) throws {
        let api = try TestService()
        _ = try api.call("PUT", "/v1/switches/br0")
        _ = try api.putProgram("p", try Fixture.types.get())
        let reply = try api.call("PUT", "/v1/switches/br0/program", json: body)
        #expect(reply.status == 422, "\(reply.text)")
        #expect(reply.string("errors.0.pointer") == pointer)
        #expect(try api.call("GET", "/v1/switches/br0/program").status == 404)
    }

    @Test func putOfASwitchIsIdempotent() throws {
        let api = try TestService()
        let first = try api.call("PUT", "/v1/switches/br0", json: #"{"description":"lab"}"#)
        #expect(first.status == 201)
        let second = try api.call("PUT", "/v1/switches/br0", json: #"{"description":"lab"}"#)
        #expect(second.status == 200)
        #expect(second.text == first.text)
        #expect(second.headers["etag"] == first.headers["etag"])
        let stale = try api.call("PUT", "/v1/switches/br0", ["If-Match": "\"stale\""], json: "{}")
        #expect(stale.status == 412)
        let tag = try #require(first.headers["etag"])
        let changed = try api.call("PUT", "/v1/switches/br0", ["If-Match": "\"other\", \(tag)"], json: "{}")
        #expect(changed.status == 200)
        #expect(changed.headers["etag"] != tag)
        #expect(try api.call("DELETE", "/v1/switches/br0", ["If-Match": tag]).status == 412)
        #expect(try api.call("DELETE", "/v1/switches/br0").status == 204)
        #expect(try api.call("GET", "/v1/switches/br0").status == 404)
        #expect(try api.call("DELETE", "/v1/switches/br0", ["If-Match": "*"]).status == 412)
    }

    @Test func portsAreAddedChangedAndRemoved() throws {
        let api = try TestService()
        _ = try api.makeSwitch("br0", ports: ["a", "b"])
        let url = "/v1/switches/br0/ports/a"
        let port = try api.call("GET", url)
        #expect(port.int("status.number") == 0)
        #expect(port.string("status.operState") == "up")
        #expect((port.int("status.ifindex") ?? 0) >= 0x10000)
        #expect(port["spec.number"] == nil)

        let down = try api.call("PATCH", url, json: #"{"adminState":"down"}"#)
        #expect(down.status == 200, "\(down.text)")
        #expect(down.string("spec.adminState") == "down")
        #expect(down.string("spec.backend") == "memory")
        let up = try api.call(
            "PATCH", url, ["Content-Type": "application/merge-patch+json"], json: #"{"adminState":null}"#)
        #expect(up.string("status.adminState") == "up")

        let taken = try api.call("PUT", url, json: #"{"backend":"memory","number":1}"#)
        #expect(taken.problem == "conflict")
        let moved = try api.call("PUT", url, json: #"{"backend":"memory","number":9}"#)
        #expect(moved.status == 200)
        #expect(moved.int("status.number") == 9)
        // Asked for no number, it keeps the one it has.
        #expect(try api.call("PUT", url, json: #"{"backend":"memory"}"#).int("status.number") == 9)
        let absent = try api.call("PUT", url, json: #"{"interface":"absent0"}"#)
        #expect(absent.status == 422)
        #expect(absent.string("errors.0.pointer") == "/interface")
        #expect(try api.call("GET", url).string("spec.backend") == "memory")
        #expect(try api.call("PUT", url, json: #"{"backend":"memory","interface":"lo"}"#).status == 422)
        #expect(try api.call("PUT", url, json: #"{"backend":"memory","number":254}"#).status == 422)
        #expect(try api.call("PATCH", "/v1/switches/br0/ports/none", json: "{}").status == 404)

        #expect(try api.call("DELETE", url).status == 204)
        #expect(try api.call("GET", "/v1/switches/br0/ports").count("items") == 1)
    }

    @Test func aDryRunChangesNothing() throws {
        let api = try TestService()
        let object = try Fixture.types.get()
        let creations: [(String, String?)] = [
            ("/v1/switches/br0", nil),
            ("/v1/maps/m", #"{"type":"array","keySize":4,"valueSize":8,"maxEntries":2}"#),
        ]
        for (url, body) in creations {
            let dry =
                try body.map { try api.call("PUT", url + "?dryRun=true", json: $0) }
                ?? api.call("PUT", url + "?dryRun=true")
            #expect(dry.status == 201)
            #expect(dry.headers["swale-dry-run"] == "true")
            #expect(try api.call("GET", url).status == 404)
            let real = try body.map { try api.call("PUT", url, json: $0) } ?? api.call("PUT", url)
            #expect(real.headers["swale-dry-run"] == nil)
            #expect(real.headers["etag"] == dry.headers["etag"])
            #expect(try api.call("DELETE", url + "?dryRun=true").status == 204)
            #expect(try api.call("GET", url).status == 200)
        }
        #expect(try api.putProgram("p", object, query: "?dryRun=true").status == 201)
        #expect(try api.call("GET", "/v1/programs/p").status == 404)
        _ = try api.putProgram("p", object)
        let attachment = "/v1/switches/br0/program"
        let body = #"{"program":"p","function":"forward"}"#
        #expect(try api.call("PUT", attachment + "?dryRun=true", json: body).status == 201)
        #expect(try api.call("GET", attachment).status == 404)
        _ = try api.call("PUT", attachment, json: body)
        #expect(try api.call("DELETE", attachment + "?dryRun=true").status == 204)
        #expect(try api.call("GET", attachment).status == 200)
        let port = "/v1/switches/br0/ports/a"
        let dry = try api.call("PUT", port + "?dryRun=true", json: #"{"backend":"memory"}"#)
        #expect(dry.int("status.number") == 0)
        #expect(try api.call("GET", port).status == 404)
        #expect(try api.call("DELETE", port + "?dryRun=true").status == 404)
        #expect(try api.call("PUT", "/v1/switches/br0?dryRun=maybe").problem == "invalid-parameter")
    }
}
