import Foundation
import Testing

@testable import ControlAPI

/// Queues, stacks and Bloom filters.
struct QueueTests {
    private func service(_ type: String) throws -> TestService {
        let api = try TestService()
        let spec = #"{"type":"\#(type)","keySize":0,"valueSize":2,"maxEntries":2}"#
        let put = try api.call("PUT", "/v1/maps/m", json: spec)
        #expect(put.status == 201, "\(put.text)")
        return api
    }

    private func push(_ api: TestService, _ value: String, _ more: String = "", query: String = "") throws -> Reply {
        try api.call("POST", "/v1/maps/m/push\(query)", json: #"{"value":"\#(value)"\#(more)}"#)
    }

    @Test(arguments: [("queue", ["0x0200", "0x0300"]), ("stack", ["0x0300", "0x0200"])])
    func valuesComeOutInTheirOrder(type: String, expected: [String]) throws {
        let api = try service(type)
        #expect(try push(api, "0x0100", query: "?dryRun=true").status == 200)
        #expect(try api.call("GET", "/v1/maps/m/peek").problem == "no-such-entry")
        for value in ["0x0100", "0x0200"] { #expect(try push(api, value).status == 200) }
        #expect(try push(api, "0x0300").problem == "map-full")
        #expect(try push(api, "0x0300", query: "?dryRun=true").problem == "map-full")
        #expect(try push(api, "0x0300", #","mode":"exist""#).status == 200)
        for value in expected {
            #expect(try api.call("GET", "/v1/maps/m/peek").string("value") == value)
            #expect(try api.call("POST", "/v1/maps/m/pop?dryRun=true").string("value") == value)
            #expect(try api.call("POST", "/v1/maps/m/pop").string("value") == value)
        }
        #expect(try api.call("POST", "/v1/maps/m/pop").problem == "no-such-entry")
    }

    @Test func aBloomFilterTellsWhatItMayHold() throws {
        let api = try service("bloom_filter")
        func contains(_ value: String) throws -> Bool? {
            try api.call("POST", "/v1/maps/m/contains", json: #"{"value":"\#(value)"}"#)["contains"] as? Bool
        }
        #expect(try contains("0x0100") == false)
        #expect(try push(api, "0x0100").status == 200)
        #expect(try contains("0x0100") == true)
        #expect(try api.call("POST", "/v1/maps/m/pop").problem == "unsupported")
    }

    @Test func valuesAreTyped() throws {
        let api = try TestService()
        let source = """
            #include <linux/bpf.h>
            #include <bpf/bpf_helpers.h>
            struct job { __be32 saddr; __u16 port; };
            struct {
                __uint(type, BPF_MAP_TYPE_QUEUE); __type(value, struct job); __uint(max_entries, 4);
            } jobs SEC(".maps");
            SEC("xdp") int take(struct xdp_md *md) {
                struct job job;
                return bpf_map_pop_elem(&jobs, &job) ? XDP_PASS : XDP_DROP;
            }
            char _license[] SEC("license") = "GPL";
            """
        let put = try api.putProgram("p", try Fixture.object(source: source))
        #expect(put.status == 201, "\(put.text)")
        let value = #"{"saddr":"192.0.2.1","port":80}"#
        let pushed = try api.call("POST", "/v1/maps/p.jobs/push", json: #"{"value":\#(value)}"#)
        #expect(pushed.string("hex") == "0xc000020150000000", "\(pushed.text)")
        #expect(try api.call("GET", "/v1/maps/p.jobs/peek").string("value.saddr") == "192.0.2.1")
        #expect(try api.call("GET", "/v1/maps/p.jobs/peek?format=hex").string("value") == "0xc000020150000000")
    }

    @Test(arguments: [
        ("push", #"{}"#), ("push", #"{"value":"0x01"}"#), ("push", #"{"value":"0x0100","mode":"noexist"}"#),
        ("push", #"{"value":"0x0100","key":0}"#), ("contains", #"{"value":"0x0100"}"#), ("lookup", #"{"key":"0x00"}"#),
        ("batch", #"{"operations":[]}"#),
    ])
    func wrongRequestsAreRefused(operation: String, body: String) throws {
        let api = try service("queue")
        let reply = try api.call("POST", "/v1/maps/m/\(operation)", json: body)
        #expect(reply.status == 422, "\(reply.text)")
        #expect(try api.call("GET", "/v1/maps/m").int("status.entries") == 0)
    }
}
