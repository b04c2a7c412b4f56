import Foundation
import Testing

@testable import ControlAPI

struct ProgramTests {
    /// The API's name of each map, by its name in the object.
    private func mapNames(_ reply: Reply) -> [String: String] {
        var names: [String: String] = [:]
        for map in reply["status.maps"] as? [[String: Any]] ?? [] {
            names[map["symbol"] as? String ?? ""] = map["name"] as? String
        }
        return names
    }

    @Test func uploadShowsFunctionsAndMaps() throws {
        let api = try TestService()
        let reply = try api.putProgram("p", try Fixture.types.get())
        #expect(reply.status == 201)
        #expect(reply.headers["location"] == "/v1/programs/p")
        #expect(reply.string("status.functions.0.name") == "forward")
        #expect(reply.string("status.functions.0.type") == "vale")
        #expect(reply.count("status.functions") == 3)
        #expect(reply.string("status.license") == "Apache-2.0")
        let names = (reply["status.maps"] as? [[String: Any]])?.compactMap { $0["name"] as? String }
        #expect(names.map(Set.init) == ["p.table", "p.fdb", "p.counters", "p.array", "p.rodata", "p.bss"])

        let again = try api.call("GET", "/v1/programs/p")
        #expect(again.status == 200)
        #expect(again.headers["etag"] == reply.headers["etag"])
        #expect(again.text == reply.text)
        #expect(try api.call("GET", "/v1/programs").string("items.0.name") == "p")
    }

    @Test func functionsForOtherHooksAreSkipped() throws {
        let api = try TestService()
        let object = try Fixture.object(
            source: """
                __attribute__((section("xdp"))) int in(void *context) { return 2; }
                __attribute__((section("tc/ingress"))) int out(void *context) { return *(int *)0; }
                """)
        let reply = try api.putProgram("p", object)
        #expect(reply.status == 201, "\(reply.text)")
        #expect(reply.count("status.functions") == 1)
        #expect(reply.string("status.skipped.0.name") == "out")
        #expect(reply.string("status.skipped.0.section") == "tc/ingress")
    }

    @Test func namesThatNoURLHasAreRefused() throws {
        let api = try TestService()
        let object = try Fixture.object(
            source: #"__attribute__((section("xdp"))) int program(void *context) __asm__("a/b");"#
                + "int program(void *context) { return 2; }")
        let reply = try api.putProgram("p", object)
        #expect(reply.status == 422)
        #expect(reply.problem == "invalid-object")
        #expect(reply.string("detail")?.contains("a/b") == true, "\(reply.text)")
    }

    @Test func replacingKeepsTheTagOfEqualContent() throws {
        let api = try TestService()
        let object = try Fixture.types.get()
        let first = try api.putProgram("p", object)
        let second = try api.putProgram("p", object)
        #expect(second.status == 200)
        #expect(first.headers["etag"] == second.headers["etag"])
        let other = try api.putProgram("p", object, options: #"{"constants":{"egress":3}}"#)
        #expect(other.status == 200)
        #expect(other.headers["etag"] != first.headers["etag"])
        #expect(other["spec.options.constants.egress"] as? Int == 3)
    }

    @Test(arguments: [
        (#"{"constants":{"nothing":1}}"#, "/options/constants/nothing"),
        (#"{"constants":{"egress":-1}}"#, "/options/constants/egress"),
        (#"{"constants":{"egress":4294967296}}"#, "/options/constants/egress"),
        (#"{"constants":{"egress":"x"}}"#, "/options/constants/egress"),
        (#"{"constants":{"shade":"PINK"}}"#, "/options/constants/shade"),
        (#"{"maps":{"nothing":{}}}"#, "/options/maps/nothing"),
        (#"{"maps":{"table":{"maxEntries":0}}}"#, "/options/maps/table/maxEntries"),
        (#"{"maps":{"table":{"use":"absent"}}}"#, "/options/maps/table/use"),
        (#"{"maps":{"table":{"size":1}}}"#, "/options/maps/table/size"),
        (#"{"constant":{}}"#, "/options/constant"),
        ("[]", "/options"),
    ])
    func wrongOptionsAreRefusedWithTheirPlace(options: String, pointer: String) throws {
        let api = try TestService()
        let reply = try api.putProgram("p", try Fixture.types.get(), options: options)
        #expect(reply.status == 422)
        #expect(reply.problem == "invalid")
        #expect(reply.string("errors.0.pointer") == pointer)
        #expect(try api.call("GET", "/v1/programs/p").status == 404)
        #expect(try api.call("GET", "/v1/maps").count("items") == 0)
    }

    @Test func optionsReachTheObject() throws {
        let api = try TestService()
        let options = #"{"constants":{"egress":"0x2","shade":"BLUE"},"maps":{"table":{"maxEntries":7}}}"#
        #expect(try api.putProgram("p", try Fixture.types.get(), options: options).status == 201)
        #expect(try api.call("GET", "/v1/maps/p.table").int("spec.maxEntries") == 7)
        let data = try api.call("GET", "/v1/maps/p.rodata/entries")
        #expect(data.int("items.0.value.egress") == 2)
        #expect(data.string("items.0.value.shade") == "BLUE")
    }

    @Test func aMapByItselfCanBeUsed() throws {
        let api = try TestService()
        let spec = #"{"type":"hash","keySize":6,"valueSize":4,"maxEntries":4}"#
        #expect(try api.call("PUT", "/v1/maps/shared", json: spec).status == 201)
        #expect(try api.call("GET", "/v1/maps/shared")["status.schema"] == nil)
        let use = #"{"maps":{"fdb":{"use":"shared"}}}"#
        let reply = try api.putProgram("p", try Fixture.types.get(), options: use)
        #expect(reply.status == 201)
        #expect(mapNames(reply)["fdb"] == "shared")
        let map = try api.call("GET", "/v1/maps/shared")
        #expect(map["status.users"] as? [String] == ["p"])
        #expect(map.string("status.schema.key.kind") == "mac")
        #expect(try api.call("DELETE", "/v1/maps/shared").problem == "in-use")
        // Without the option the program has a map of its own again.
        _ = try api.call("PUT", "/v1/maps/shared/entries/0x020000000001?format=hex", json: #"{"value":"0x01000000"}"#)
        #expect(mapNames(try api.putProgram("p", try Fixture.types.get()))["fdb"] == "p.fdb")
        #expect(try api.call("GET", "/v1/maps/p.fdb").int("status.entries") == 0)
        #expect(try api.call("DELETE", "/v1/maps/shared").status == 204)
        // Other sizes don't fit.
        let other = #"{"type":"hash","keySize":6,"valueSize":8,"maxEntries":4}"#
        #expect(try api.call("PUT", "/v1/maps/other", json: other).status == 201)
        let refused = try api.putProgram("p", try Fixture.types.get(), options: #"{"maps":{"fdb":{"use":"other"}}}"#)
        #expect(refused.string("errors.0.pointer") == "/options/maps/fdb/use")
    }

    @Test func pinnedMapsStandByThemselves() throws {
        let api = try TestService()
        let object = try Fixture.object(
            source: """
                #include <linux/bpf.h>
                #include <bpf/bpf_helpers.h>
                struct {
                    __uint(type, BPF_MAP_TYPE_ARRAY);
                    __type(key, __u32);
                    __type(value, __u64);
                    __uint(max_entries, 2);
                    __uint(pinning, LIBBPF_PIN_BY_NAME);
                } pinned SEC(".maps");
                SEC("vale") __u32 run(void *md) { __u32 k = 0; return bpf_map_lookup_elem(&pinned, &k) ? 255 : 254; }
                """)
        #expect(try api.putProgram("a", object).string("status.maps.0.name") == "pinned")
        #expect(try api.putProgram("b", object).string("status.maps.0.name") == "pinned")
        #expect(try api.call("GET", "/v1/maps/pinned")["status.users"] as? [String] == ["a", "b"])
        #expect(try api.call("DELETE", "/v1/programs/a").status == 204)
        #expect(try api.call("DELETE", "/v1/programs/b").status == 204)
        #expect(try api.call("GET", "/v1/maps/pinned").status == 200)
    }

    @Test(arguments: ["", "hello", "\u{7f}ELF"])
    func junkIsNoObject(content: String) throws {
        let api = try TestService()
        let reply = try api.putProgram("p", Array(content.utf8))
        #expect(reply.status == 422)
        #expect(reply.problem == "invalid-object")
    }

    @Test func hostileObjectsNeverEndInAnError500() throws {
        let api = try TestService()
        let object = try Fixture.types.get()
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var broken = object
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                broken[Int.random(in: 0..<broken.count, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            let reply = try api.putProgram("p", broken, query: "?dryRun=true")
            #expect([201, 422].contains(reply.status), "\(reply.text)")
        }
    }

    @Test func disassemblyNamesSourceAndMaps() throws {
        let api = try TestService()
        _ = try api.putProgram("p", try Fixture.types.get())
        let reply = try api.call("GET", "/v1/programs/p/disassembly?function=forward")
        #expect(reply.status == 200)
        #expect(reply.string("instructions.0.function") == "forward")
        #expect(reply.string("instructions.0.source.file")?.hasSuffix("types.c") == true)
        #expect(reply.text.contains("table"))
        let text = try api.call("GET", "/v1/programs/p/disassembly?function=talk", ["Accept": "text/plain"])
        #expect(text.headers["content-type"]?.hasPrefix("text/plain") == true)
        #expect(text.text.contains("<talk>"))
        #expect(try api.call("GET", "/v1/programs/p/disassembly").problem == "invalid-parameter")
        #expect(try api.call("GET", "/v1/programs/p/disassembly?function=none").status == 404)
        let native = try api.call("GET", "/v1/programs/p/disassembly?function=talk&form=jit")
        #if arch(x86_64)
            #expect(native.string("form") == "jit")
            #expect((native.count("native") ?? 0) > 10)
            #expect(native.text.contains("\"ret\""))
        #else
            #expect(native.problem == "unsupported")
        #endif
    }

    @Test func deletingTakesTheMapsAlong() throws {
        let api = try TestService()
        _ = try api.putProgram("p", try Fixture.types.get())
        #expect(try api.call("DELETE", "/v1/maps/p.fdb").problem == "in-use")
        #expect(try api.call("DELETE", "/v1/programs/p").status == 204)
        #expect(try api.call("DELETE", "/v1/programs/p").status == 404)
        #expect(try api.call("GET", "/v1/maps").count("items") == 0)
    }
}
