import Foundation
import Testing

@testable import ControlAPI

/// Maps that refer to maps and programs, or say where frames go.
struct ReferenceTests {
    private static let source = """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        struct inner {
            __uint(type, BPF_MAP_TYPE_ARRAY); __type(key, __u32); __type(value, __u32); __uint(max_entries, 1);
        } one SEC(".maps");
        struct {
            __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS); __type(key, __be32); __uint(max_entries, 4);
            __array(values, struct inner);
        } tables SEC(".maps");
        struct {
            __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __type(key, __u32); __type(value, __u32); __uint(max_entries, 4);
        } tails SEC(".maps");
        struct {
            __uint(type, BPF_MAP_TYPE_DEVMAP); __type(key, __u32); __type(value, struct bpf_devmap_val);
            __uint(max_entries, 4);
        } ports SEC(".maps");
        SEC("xdp") int enter(struct xdp_md *md) {
            __be32 key = __builtin_bswap32(0x0a000001);
            __u32 zero = 0, *value;
            void *table = bpf_map_lookup_elem(&tables, &key);
            bpf_tail_call(md, &tails, 1);
            if (table && (value = bpf_map_lookup_elem(table, &zero))) return *value;
            return bpf_redirect_map(&ports, 0, XDP_ABORTED);
        }
        SEC("xdp") int tail(struct xdp_md *md) { return XDP_TX; }
        struct {
            __uint(type, BPF_MAP_TYPE_CPUMAP); __type(key, __u32); __type(value, struct bpf_cpumap_val);
            __uint(max_entries, 4);
        } cpus SEC(".maps");
        SEC("xdp/devmap") int last(struct xdp_md *md) { return XDP_PASS; }
        SEC("xdp/cpumap") int there(struct xdp_md *md) { return bpf_redirect_map(&cpus, 0, XDP_PASS); }
        char _license[] SEC("license") = "GPL";
        """

    private func service() throws -> TestService {
        let api = try TestService()
        _ = try api.makeSwitch("br0", ports: ["a", "b"])
        let put = try api.putProgram("p", try Fixture.object(source: Self.source))
        #expect(put.status == 201, "\(put.text)")
        return api
    }

    private func verdict(_ api: TestService) throws -> String? {
        let reply = try api.call(
            "POST", "/v1/programs/p/test-run?function=enter&maps=live",
            json: #"{"packet":"0x0200000000020200000000010800"}"#)
        return reply.string("packets.0.verdict")
    }

    private func batch(_ api: TestService, _ map: String, _ operation: String) throws -> Reply {
        try api.call("POST", "/v1/maps/\(map)/batch", json: #"{"operations":[\#(operation)]}"#)
    }

    @Test func mapsInMapsAreShownAndChangedByName() throws {
        let api = try service()
        let spec = #"{"type":"array","keySize":4,"valueSize":4,"maxEntries":1}"#
        #expect(try api.call("PUT", "/v1/maps/other", json: spec).status == 201)
        _ = try api.call("PUT", "/v1/maps/other/entries/0x00000000", json: #"{"value":"0x01000000"}"#)
        _ = try api.call("PUT", "/v1/maps/p.one/entries/0x00000000", json: #"{"value":2}"#)
        for (name, expected) in [("p.one", "pass"), ("other", "drop"), ("p.one", "pass")] {
            let put = try batch(api, "p.tables", #"{"op":"put","key":"10.0.0.1","value":{"map":"\#(name)"}}"#)
            #expect(put.int("failed") == 0, "\(put.text)")
            #expect(try verdict(api) == expected)
            let entries = try api.call("GET", "/v1/maps/p.tables/entries")
            #expect(entries.string("items.0.value.map") == name, "\(entries.text)")
            #expect(entries.int("items.0.value.id") != nil)
        }
        #expect(try batch(api, "p.tables", #"{"op":"put","key":0,"value":{"map":"other"}}"#).int("failed") == 0)
        let held = try api.call("DELETE", "/v1/maps/other")
        #expect(held.problem == "in-use", "\(held.text)")
        #expect(held["users"] as? [String] == ["/v1/maps/p.tables"])
        #expect(try batch(api, "p.tables", #"{"op":"delete","key":0}"#).int("failed") == 0)
        #expect(try api.call("DELETE", "/v1/maps/other").status == 204)
    }

    @Test func programsInMapsAreShownAndChangedByName() throws {
        let api = try service()
        #expect(try verdict(api) == "aborted")
        let url = "/v1/maps/p.tails/entries/0x01000000"
        let value = #"{"value":{"program":"p","function":"tail"}}"#
        let planned = try api.call("PUT", url + "?dryRun=true", json: value)
        let put = try api.call("PUT", url, json: value)
        #expect(put.status == 201, "\(put.text)")
        #expect(try verdict(api) == "tx")
        let got = try api.call("GET", url)
        #expect(got.string("value.program") == "p")
        #expect(got.string("value.function") == "tail")
        #expect(got["value.current"] as? Bool == true)
        #expect(put.text == got.text && planned.text == got.text, "\(put.text)")
        // What was read can be written back.
        #expect(try api.call("PUT", url, json: got.text).status == 200)
        #expect(try api.call("GET", url + "?format=hex").string("value")?.count == 10)
        #expect(try api.call("DELETE", url).status == 204)
        #expect(try verdict(api) == "aborted")
    }

    /// As on Linux: the map keeps the program that was put into it.
    @Test func aProgramThatWasReplacedStaysInTheMap() throws {
        let api = try service()
        let url = "/v1/maps/p.tails/entries/0x01000000"
        _ = try api.call("PUT", url, json: #"{"value":{"program":"p","function":"tail"}}"#)
        let first = try #require(try api.call("GET", url).int("value.id"))
        let changed = Self.source.replacingOccurrences(
            of: "{ return XDP_TX; }", with: "{ return XDP_DROP; }")
        #expect(try api.putProgram("p", try Fixture.object(source: changed)).status == 200)
        #expect(try verdict(api) == "tx")
        let old = try api.call("GET", url)
        #expect(old.int("value.id") == first)
        #expect(old.string("value.program") == "p" && old.string("value.function") == "tail", "\(old.text)")
        #expect(old["value.current"] as? Bool == false)
        #expect(try api.call("GET", "/v1/maps/p.tails/entries")["items.0.value.current"] as? Bool == false)
        // What was read sets today's program.
        let put = try api.call("PUT", url, json: old.text)
        #expect(put["value.current"] as? Bool == true, "\(put.text)")
        #expect(put.int("value.id") != first)
        #expect(try verdict(api) == "drop")

        let map = #"{"type":"prog_array","keySize":4,"valueSize":4,"maxEntries":1}"#
        #expect(try api.call("PUT", "/v1/maps/lone", json: map).status == 201)
        let lone = try api.call(
            "PUT", "/v1/maps/lone/entries/0x00000000", json: #"{"value":{"program":"p","function":"tail"}}"#)
        #expect(lone.status == 201, "\(lone.text)")
        // An index is a number, though no object says so.
        let operations = #"{"operations":[{"op":"get","key":0},{"op":"get","key":"0x00000000"}]}"#
        let both = try api.call("POST", "/v1/maps/lone/batch", json: operations)
        #expect(both.string("results.0.value.function") == "tail", "\(both.text)")
        #expect(both.string("results.1.value.function") == "tail", "\(both.text)")
        #expect(try api.call("DELETE", "/v1/programs/p").status == 204)
        let left = try api.call("GET", "/v1/maps/lone/entries/0x00000000")
        #expect(left.string("value.function") == "tail", "\(left.text)")
        #expect(left["value.current"] as? Bool == false)
    }

    @Test func targetsAreShownAndChangedByPort() throws {
        let api = try service()
        let ifindex = try #require(try api.call("GET", "/v1/switches/br0/ports/b").int("status.ifindex"))
        let url = "/v1/maps/p.ports/entries/0x00000000"
        let spec = #"{"value":{"port":"br0/b","program":{"program":"p","function":"last"}}}"#
        #expect(try api.call("PUT", url + "?dryRun=true", json: spec).status == 201)
        #expect(try api.call("GET", url).status == 404)
        let put = try api.call("PUT", url, json: spec)
        #expect(put.status == 201, "\(put.text)")
        let got = try api.call("GET", url)
        #expect(put.text == got.text, "\(put.text)")
        #expect(got.string("value.port") == "br0/b")
        #expect(got.int("value.ifindex") == ifindex)
        #expect(got.string("value.program.function") == "last")
        #expect(try api.call("PUT", url, json: got.text).status == 200)
        #expect(try verdict(api) == "redirect")
        let torn = try api.call("PUT", url, json: #"{"value":{"port":"br0/b","interface":"absent0"}}"#)
        #expect(torn.string("errors.0.pointer") == "/value/interface")
        _ = try api.call("PUT", url, json: #"{"value":{"ifindex":77}}"#)
        let other = try api.call("GET", url)
        #expect(other.int("value.ifindex") == 77)
        #expect(other["value.program"] == nil)
    }

    @Test(
        arguments: [
            ("p.tables", #"{"map":"none"}"#, "/value/map"), ("p.tables", #"{"map":null}"#, "/value/map"),
            ("p.tables", #"{"id":7}"#, "/value"), ("p.tables", "7", "/value"),
            ("p.tails", #"{"program":"none","function":"tail"}"#, "/value/program"),
            ("p.tails", #"{"program":"p","function":"1"}"#, "/value/function"),
            ("p.tails", #"{"program":"p","function":"none"}"#, nil), ("p.tails", #"{"map":"p.one"}"#, "/value/map"),
            ("p.ports", #"{"port":"br0/none"}"#, "/value/port"), ("p.ports", #"{}"#, "/value"),
            ("p.ports", #"{"interface":"a/b"}"#, "/value/interface"), ("p.ports", #"{"ifindex":-1}"#, "/value/ifindex"),
            ("p.ports", #"{"ifindex":1,"program":{"program":"none"}}"#, "/value/program/program"),
            ("p.ports", #"{"ifindex":1,"program":7}"#, "/value/program"),
            ("p.ports", #"{"ifindex":1,"program":{"program":"p","function":"tail"}}"#, nil),
            ("p.ports", #"{"ifindex":1,"program":{"program":"p","function":"there"}}"#, nil),
            ("p.cpus", #"{"queueSize":1,"program":{"program":"p","function":"last"}}"#, nil),
            ("p.cpus", #"{"queueSize":1,"program":{"program":"p","function":"tail"}}"#, nil),
        ] as [(String, String, String?)])
    func wrongValuesAreRefused(map: String, value: String, pointer: String?) throws {
        let api = try service()
        let reply = try api.call("PUT", "/v1/maps/\(map)/entries/0x00000000", json: #"{"value":\#(value)}"#)
        #expect(reply.status == 422, "\(reply.text)")
        #expect(reply.string("errors.0.pointer") == pointer)
        #expect(try api.call("GET", "/v1/maps/\(map)").int("status.entries") == 0)
    }

    @Test func aMapThatIsNotLikeTheOthersIsRefused() throws {
        let api = try service()
        let spec = #"{"type":"array","keySize":4,"valueSize":8,"maxEntries":1}"#
        #expect(try api.call("PUT", "/v1/maps/wide", json: spec).status == 201)
        let reply = try api.call("PUT", "/v1/maps/p.tables/entries/0x00000000", json: #"{"value":{"map":"wide"}}"#)
        #expect(reply.problem == "invalid", "\(reply.text)")
        #expect(
            reply.string("detail") == "the map is not like those that this one holds: value size 8 instead of 4")
        let cpu = try api.call(
            "PUT", "/v1/maps/p.cpus/entries/0x00000000",
            json: #"{"value":{"queueSize":1,"program":{"program":"p","function":"there"}}}"#)
        #expect(cpu["value.program.current"] as? Bool == true, "\(cpu.text)")
        let port = try api.call(
            "PUT", "/v1/maps/p.ports/entries/0x00000000",
            json: #"{"value":{"ifindex":1,"program":{"program":"p","function":"tail"}}}"#)
        #expect(port.string("detail") == "tail is of section xdp, expected xdp/devmap for a map like this")
        #expect(try api.call("PUT", "/v1/maps/p.tables/entries", json: #"{"items":[]}"#).problem == "unsupported")
    }

    @Test(arguments: [
        (#"{"type":"prog_array","keySize":4,"valueSize":4,"maxEntries":4}"#, 201),
        (#"{"type":"devmap_hash","keySize":4,"valueSize":8,"maxEntries":4}"#, 201),
        (#"{"type":"cpumap","keySize":4,"valueSize":8,"maxEntries":1}"#, 201),
        (#"{"type":"xskmap","keySize":4,"valueSize":4,"maxEntries":4}"#, 201),
        (#"{"type":"ringbuf","keySize":0,"valueSize":0,"maxEntries":4096}"#, 201),
        (#"{"type":"perf_event_array","keySize":4,"valueSize":4,"maxEntries":4}"#, 201),
        (#"{"type":"queue","keySize":0,"valueSize":4,"maxEntries":4}"#, 201),
        (#"{"type":"bloom_filter","keySize":0,"valueSize":4,"maxEntries":4,"extra":3}"#, 201),
        (
            #"""
            {"type":"array_of_maps","keySize":4,"valueSize":4,"maxEntries":4,
            "inner":{"type":"hash","keySize":4,"valueSize":4,"maxEntries":4}}
            """#, 201
        ),
        (#"{"type":"array_of_maps","keySize":4,"valueSize":4,"maxEntries":4}"#, 422),
        (#"{"type":"queue","keySize":4,"valueSize":4,"maxEntries":4}"#, 422),
        (#"{"type":"ringbuf","keySize":0,"valueSize":0,"maxEntries":0}"#, 422),
        (#"{"type":"hash","keySize":4,"valueSize":4,"maxEntries":4,"extra":3}"#, 422),
        (
            #"""
            {"type":"hash","keySize":4,"valueSize":4,"maxEntries":4,
            "inner":{"type":"hash","keySize":4,"valueSize":4,"maxEntries":4}}
            """#, 422
        ),
    ])
    func mapsOfEveryTypeStandByThemselves(spec: String, status: Int) throws {
        let api = try TestService()
        let put = try api.call("PUT", "/v1/maps/m", json: spec)
        #expect(put.status == status, "\(put.text)")
        guard status == 201 else { return }
        let read = try api.call("GET", "/v1/maps/m")
        let given = try #require(read["spec"])
        let text = String(decoding: try JSONSerialization.data(withJSONObject: given), as: UTF8.self)
        let again = try api.call("PUT", "/v1/maps/m", json: text)
        #expect(again.status == 200, "\(again.text)")
        #expect(again.headers["etag"] == put.headers["etag"])
    }

    /// What libbpf fills in.
    @Test(
        arguments: [
            (#"{"type":"perf_event_array","keySize":4,"valueSize":4,"maxEntries":0}"#, nil),
            (#"{"type":"ringbuf","keySize":0,"valueSize":0,"maxEntries":4097}"#, 8192),
        ] as [(String, Int?)])
    func sizesAreFilledIn(spec: String, entries: Int?) throws {
        let api = try TestService()
        let put = try api.call("PUT", "/v1/maps/m", json: spec)
        #expect(put.status == 201, "\(put.text)")
        #expect(put.int("spec.maxEntries") == entries ?? api.dataplane.domain.workers)
        #expect(try api.call("PUT", "/v1/maps/m", json: spec).status == 200)
    }
}
