import Foundation
import TestSupport
import Testing

@testable import ControlAPI

struct ServiceTests {
    @Test func healthAndVersion() throws {
        let api = try TestService()
        #expect(try api.call("GET", "/healthz").string("status") == "ok")
        #expect(try api.call("GET", "/readyz").status == 200)
        api.service.beginShutdown()
        #expect(try api.call("GET", "/readyz").problem == "not-ready")
        #expect(try api.call("GET", "/v1/version").string("version") == "1.2.3")
        let document = try api.call("GET", "/openapi.yaml")
        #expect(document.text.hasPrefix("openapi: 3.1.0"))
        let tag = try #require(document.headers["etag"])
        #expect(try api.call("GET", "/openapi.yaml", ["If-None-Match": tag]).status == 304)
    }

    @Test(arguments: [
        ("GET", "/v1/nothing", 404), ("GET", "/v1/programs/none", 404), ("GET", "/v1/programs/a%2Fb", 400),
        ("GET", "/v1/programs/a.b", 400), ("GET", "/v1/programs?limit=0", 400),
        ("GET", "/v1/programs?limit=10001", 400),
        ("GET", "/v1/programs?limit=+1", 400), ("GET", "/v1/programs?limit=1&limit=2", 400),
        ("GET", "/v1/programs?cursor=zz", 400), ("GET", "/v1/programs?page=1", 400),
        ("DELETE", "/v1/programs", 405), ("PUT", "/v1/switches/br0?dryrun=true", 400), ("POST", "/v1/stats", 405),
        ("PUT", "/v1/maps/a.b", 415), ("PUT", "/v1/programs/p", 415),
    ])
    func wrongRequestsAreRefused(method: String, target: String, status: Int) throws {
        let api = try TestService()
        let reply = try api.call(
            method, target, ["Content-Type": "application/x-www-form-urlencoded"], body: method == "PUT" ? [0x78] : nil)
        // A query is checked before the body.
        #expect(reply.status == status, "\(reply.text)")
        #expect(reply.headers["content-type"] == "application/problem+json")
    }

    @Test(arguments: ["", "{", "\"\\ud800\"", "{\"a\":1}x", "\u{feff}{}", "nul", String(repeating: "[", count: 5000)])
    func whatIsNotJSONIsRefused(body: String) throws {
        let api = try TestService()
        let reply = try api.call("PUT", "/v1/maps/m", json: body)
        #expect(reply.status == 400 || reply.status == 422, "\(reply.text)")
        #expect(["malformed", "invalid"].contains(reply.problem))
    }

    private static let sound = #"{"type":"hash","keySize":4,"valueSize":8,"maxEntries":2}"#

    @Test(arguments: [
        #"{"type":"hash","keySize":4,"valueSize":8,"maxEntries":2,}"#,
        #"{"type":"hash","type":"array","keySize":4,"valueSize":8,"maxEntries":2}"#,
        #"{"type":"hash","keySize":4,"valueSize":8,"maxEntries":2,"typ\u0065":"array"}"#,
        "\u{feff}" + sound,
    ])
    func looseJSONIsRefused(body: String) throws {
        let api = try TestService()
        let reply = try api.call("PUT", "/v1/maps/m", json: body)
        #expect(reply.status == 400)
        #expect(reply.problem == "malformed")
        #expect(try api.call("PUT", "/v1/maps/m", json: Self.sound).status == 201)
    }

    /// Commas, brackets and quotes within strings are none.
    @Test(arguments: [#"[{"op":"put","key":",}"}]"#, #"{"a":[1,{"a":"\"a\":"}],"b":{"a":1}}"#])
    func stringsAreNotLookedInto(body: String) throws {
        let api = try TestService()
        let reply = try api.call("PUT", "/v1/maps/m", json: body)
        #expect(reply.problem != "malformed", "\(reply.text)")
    }

    @Test func listsHavePages() throws {
        let api = try TestService()
        for name in ["c", "a", "b"] { _ = try api.call("PUT", "/v1/switches/\(name)") }
        let first = try api.call("GET", "/v1/switches?limit=2")
        #expect((first["items"] as? [[String: Any]])?.compactMap { $0["name"] as? String } == ["a", "b"])
        let next = try #require(first.string("next"))
        let second = try api.call("GET", "/v1/switches?limit=2&cursor=\(next)")
        #expect((second["items"] as? [[String: Any]])?.compactMap { $0["name"] as? String } == ["c"])
        #expect(second["next"] == nil)
    }

    @Test func eventsTellWhatHappens() throws {
        let api = try TestService()
        _ = try api.call("PUT", "/v1/switches/br0")
        _ = try api.call("DELETE", "/v1/switches/br0")
        let seen = try api.call("GET", "/v1/events?types=lifecycle&limit=1", ["Last-Event-ID": "1"])
        #expect(seen.headers["content-type"] == "text/event-stream")
        #expect(seen.text.contains("id: 2\nevent: lifecycle\n"))
        #expect(seen.text.contains(#""action":"deleted","kind":"switch","name":"br0""#))
        let stats = try api.call("GET", "/v1/events?types=stats&limit=2&interval=100")
        #expect(stats.text.components(separatedBy: "event: stats").count == 3)
        #expect(try api.call("GET", "/v1/events?types=news").problem == "invalid-parameter")
        #expect(try api.call("GET", "/v1/events", ["Last-Event-ID": "x"]).status == 400)
    }

    @Test func traceLinesAreEvents() throws {
        let api = try TestService()
        let ports = try api.makeSwitch("br0", ports: ["a"])
        _ = try api.putProgram("p", try Fixture.types.get())
        _ = try api.call("PUT", "/v1/switches/br0/program", json: #"{"program":"p","function":"talk"}"#)
        ports[0].inject([UInt8](repeating: 2, count: 64))
        #expect(eventually { api.service.control.trace.lastSequence == 1 })
        let reply = try api.call("GET", "/v1/events?types=trace&limit=1", ["Last-Event-ID": "0"])
        #expect(reply.text.contains(#""line":"port 0""#), "\(reply.text)")
    }

    @Test func filesOfTheWebFolderAndNoOthers() throws {
        let folder = NSTemporaryDirectory() + "swale-web-\(UUID().uuidString)"
        let manager = FileManager.default
        try manager.createDirectory(atPath: folder + "/root/js", withIntermediateDirectories: true)
        defer { try? manager.removeItem(atPath: folder) }
        try "<p>page".write(toFile: folder + "/root/index.html", atomically: true, encoding: .utf8)
        try "1".write(toFile: folder + "/root/js/a.js", atomically: true, encoding: .utf8)
        try "secret".write(toFile: folder + "/secret", atomically: true, encoding: .utf8)
        try "secret".write(toFile: folder + "/root/.hidden", atomically: true, encoding: .utf8)
        try manager.createSymbolicLink(atPath: folder + "/root/link", withDestinationPath: folder + "/secret")
        let api = try TestService(webRoot: folder + "/root")
        let page = try api.call("GET", "/")
        #expect(page.text == "<p>page")
        #expect(page.headers["content-security-policy"]?.contains("default-src 'none'") == true)
        #expect(page.headers["x-content-type-options"] == "nosniff")
        #expect(try api.call("GET", "/js/a.js").headers["content-type"] == "text/javascript; charset=utf-8")
        #expect(try api.call("GET", "/", ["If-None-Match": page.headers["etag"] ?? ""]).status == 304)
        for target in [
            "/.hidden", "/link", "/..%2fsecret", "/js", "/js/..%2f..%2fsecret", "/none", "/js%2fa.js", "/%00",
        ] {
            let reply = try api.call("GET", target)
            #expect(reply.status == 404 || reply.status == 400, "\(target)")
        }
        #expect(try api.call("DELETE", "/").status == 405)
    }

    @Test func interfacesAndTopology() throws {
        let api = try TestService()
        _ = try api.makeSwitch("br0", ports: ["a"])
        let interfaces = try api.call("GET", "/v1/interfaces")
        let loopback = (interfaces["items"] as? [[String: Any]])?.first { $0["name"] as? String == "lo" }
        #expect(loopback?["index"] as? Int == 1)
        #expect(loopback?["up"] as? Bool == true)
        let topology = try api.call("GET", "/v1/topology")
        #expect(topology.string("nodes.1.id") == "port/br0/a")
        #expect(topology.string("links.0.from") == "switch/br0")
    }
}
