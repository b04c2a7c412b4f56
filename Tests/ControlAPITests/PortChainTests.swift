import Foundation
import TestSupport
import Testing

@testable import ControlAPI

/// XDP programs at ports, by the API.
struct PortChainTests {
    /// An IPv4 packet from 192.0.2.`source`.
    private static func packet(from source: UInt8) -> [UInt8] {
        var bytes: [UInt8] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00, 0x45, 0, 0, 40, 0, 0, 0, 0, 64, 17, 0, 0]
        bytes += [192, 0, 2, source, 192, 0, 2, 254]
        return bytes + [UInt8](repeating: 0, count: 30)
    }

    private static let sendBack = """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        SEC("xdp") int back(struct xdp_md *md) { return XDP_TX; }
        SEC("xdp") int pass(struct xdp_md *md) { return XDP_PASS; }
        SEC("xdp/devmap") int leave(struct xdp_md *md) { return XDP_PASS; }
        char LICENSE[] SEC("license") = "GPL";
        """

    @Test func filtersBeforeTheSwitch() throws {
        let api = try TestService()
        let ports = try api.makeSwitch("br0", ports: ["a", "b"])
        _ = try api.putProgram("bridge", try Fixture.learningBridge.get())
        _ = try api.call("PUT", "/v1/switches/br0/program", json: #"{"program":"bridge"}"#)
        let filter = try api.putProgram("filter", try Fixture.xdpFilter.get())
        #expect(filter.status == 201, "\(filter.text)")
        let put = try api.call(
            "PATCH", "/v1/switches/br0/ports/a", json: #"{"xdp":[{"program":"filter"}],"xdpTiming":true}"#)
        #expect(put.status == 200, "\(put.text)")
        #expect(put.string("spec.xdp.0.program") == "filter")
        #expect(put.int("spec.xdp.0.priority") == 50)
        // A prefix of 32 bits.
        let entry = try api.call("PUT", "/v1/maps/filter.blocked/entries/0x20000000c0000207", json: #"{"value":"0"}"#)
        #expect(entry.status == 201, "\(entry.text)")
        for source: UInt8 in [1, 7, 7, 9] { ports[0].inject(Self.packet(from: source)) }
        #expect(eventually { ports[1].transmittedCount == 2 })
        let stats = try api.call("GET", "/v1/switches/br0/ports/a/stats")
        #expect(stats.string("xdp.0.function") == "xdp_filter")
        #expect(stats.string("xdp.0.runs") == "4")
        #expect(stats.string("xdp.0.verdicts.pass") == "2")
        #expect(stats.string("xdp.0.verdicts.drop") == "2")
        #expect(stats.string("xdp.0.nanoseconds").flatMap { Int($0) } ?? 0 > 0)
        #expect(stats.string("drops.xdp_drop") == "2")
        #expect(try api.call("GET", "/v1/switches/br0/stats").string("ports.0.xdp.0.runs") == "4")
        #expect(try api.call("GET", "/v1/switches/br0/ports/a").string("status.xdp.0.program") == "filter")
        #expect(
            try api.call("GET", "/metrics").text.contains(
                #"swale_xdp_verdicts_total{switch="br0",port="a",program="filter",function="xdp_filter",verdict="drop"} 2"#
            ))
        let used = try api.call("DELETE", "/v1/programs/filter")
        #expect(used.problem == "in-use")
        #expect(used.text.contains("/v1/switches/br0/ports/a"))
        #expect(
            try api.call("GET", "/v1/programs/filter").string("status.attachments.0.port") == "a")

        // The object is replaced where it runs, and what it counts goes on.
        #expect(try api.putProgram("filter", try Fixture.xdpFilter.get(), options: #"{"maps":{}}"#).status == 200)
        ports[0].inject(Self.packet(from: 7))
        #expect(
            try eventually {
                try api.call("GET", "/v1/switches/br0/ports/a/stats").string("xdp.0.verdicts.drop") == "3"
            })
        let other = try api.putProgram("filter", try Fixture.learningBridge.get())
        #expect(other.problem == "conflict", "\(other.text)")

        #expect(try api.call("PATCH", "/v1/switches/br0/ports/a", json: #"{"xdp":null}"#).status == 200)
        #expect(try api.call("DELETE", "/v1/programs/filter").status == 204)
        ports[0].inject(Self.packet(from: 7))
        #expect(eventually { ports[1].transmittedCount == 3 })
    }

    private static let redirects = """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        struct {
            __uint(type, BPF_MAP_TYPE_DEVMAP); __type(key, __u32); __type(value, __u32); __uint(max_entries, 8);
        } ports SEC(".maps");
        SEC("xdp") int to(struct xdp_md *md) {
            unsigned char *data = (void *)(long)md->data, *end = (void *)(long)md->data_end;
            if (data + 15 > end) return XDP_ABORTED;
            if (data[14] == 0xff) return bpf_redirect_map(&ports, 0, BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS);
            return bpf_redirect_map(&ports, data[14], XDP_PASS);
        }
        char LICENSE[] SEC("license") = "GPL";
        """

    /// By the elements of a devmap, which name ports by their interface indices.
    @Test func redirectsByADevmap() throws {
        let api = try TestService()
        let ports = try api.makeSwitch("br0", ports: ["a", "b", "c", "d"])
        let put = try api.putProgram("p", try Fixture.object(source: Self.redirects))
        #expect(put.status == 201, "\(put.text)")
        for (key, port) in ["a", "b", "c"].enumerated() {
            let ifindex = try #require(try api.call("GET", "/v1/switches/br0/ports/\(port)").int("status.ifindex"))
            let entry = try api.call(
                "PUT", "/v1/maps/p.ports/entries/0x0\(key)000000", json: "{\"value\":{\"ifindex\":\(ifindex)}}")
            #expect(entry.status < 300, "\(entry.text)")
        }
        // A port twice, and one that is not there.
        for (key, value) in [(3, #"{"port":"br0/c"}"#), (4, #"{"ifindex":99}"#)] {
            let entry = try api.call("PUT", "/v1/maps/p.ports/entries/0x0\(key)000000", json: "{\"value\":\(value)}")
            #expect(entry.status < 300, "\(entry.text)")
        }
        let chain = try api.call("PATCH", "/v1/switches/br0/ports/a", json: #"{"xdp":[{"program":"p"}]}"#)
        #expect(chain.status == 200, "\(chain.text)")
        func frame(_ key: UInt8) -> [UInt8] {
            [UInt8](repeating: 2, count: 14) + [key] + [UInt8](repeating: 0, count: 49)
        }
        // To b; to c; to where nothing is; no element, so that it passes and finds no program; to b and twice to c.
        for key: UInt8 in [1, 2, 4, 7, 255] { ports[0].inject(frame(key)) }
        #expect(eventually { ports[1].transmittedCount == 2 && ports[2].transmittedCount == 3 })
        #expect(ports[2].drain() == [frame(2), frame(255), frame(255)])
        #expect(ports[1].drain() == [frame(1), frame(255)])
        #expect(ports[0].drain().isEmpty && ports[3].drain().isEmpty)
        let stats = try api.call("GET", "/v1/switches/br0/stats")
        #expect(stats.string("ledger.generated") == "2")
        #expect(stats.string("ledger.drops.no_redirect_target") == "1")
        #expect(stats.string("ledger.drops.no_program") == "1")
        #expect(stats["ledger.balanced"] as? Bool == true)
    }

    @Test func runsByPriorityFromTheFirstFrameOn() throws {
        let api = try TestService()
        _ = try api.makeSwitch("br0", ports: [])
        _ = try api.putProgram("p", try Fixture.object(source: Self.sendBack))
        let body = #"""
            {"backend":"memory","xdp":[{"program":"p","function":"back","chainCalls":["pass","tx"]},
            {"program":"p","function":"pass","priority":3}]}
            """#
        let put = try api.call("PUT", "/v1/switches/br0/ports/a", json: body)
        #expect(put.status == 201, "\(put.text)")
        #expect(put.string("status.xdp.0.function") == "pass")
        #expect(put.string("status.xdp.1.function") == "back")
        #expect(try api.call("PUT", "/v1/switches/br0/ports/a", json: body).headers["etag"] == put.headers["etag"])
    }

    /// What is for elements of devmaps is not for ports, as on Linux.
    @Test func programsOfElementsAreRefused() throws {
        let api = try TestService()
        _ = try api.makeSwitch("br0", ports: ["a"])
        _ = try api.putProgram("p", try Fixture.object(source: Self.sendBack))
        let body = #"{"xdp":[{"program":"p","function":"leave"}]}"#
        let refused = try api.call("PATCH", "/v1/switches/br0/ports/a", json: body)
        #expect(refused.problem == "invalid", "\(refused.text)")
        #expect(try api.call("GET", "/v1/switches/br0/ports/a").text.contains("leave") == false)
    }

    @Test(arguments: [
        (#"{"xdp":[{"program":"none"}]}"#, "/xdp/0/program"),
        (#"{"xdp":[{"program":"p"}]}"#, "/xdp/0/function"),
        (#"{"xdp":[{"program":"p","function":"none"}]}"#, "/xdp/0/function"),
        (#"{"xdp":[{"program":"bridge"}]}"#, "/xdp/0/function"),
        (
            #"{"xdp":[{"program":"p","function":"pass"},{"program":"p","function":"pass","priority":-1}]}"#,
            "/xdp/1/priority"
        ),
        (#"{"xdp":[{"program":"p","function":"pass","chainCalls":["pass","fly"]}]}"#, "/xdp/0/chainCalls/1"),
        (#"{"xdp":[{"program":"p","function":"pass","cost":1}]}"#, "/xdp/0/cost"),
        (#"{"xdp":{}}"#, "/xdp"), (#"{"xdpTiming":1}"#, "/xdpTiming"),
        (
            #"{"xdp":[\#([String](repeating: #"{"program":"p","function":"pass"}"#, count: 11).joined(separator: ","))]}"#,
            "/xdp"
        ),
    ])
    func wrongChainsAreRefused(body: String, pointer: String) throws {
        let api = try TestService()
        let ports = try api.makeSwitch("br0", ports: ["a"])
        _ = try api.putProgram("p", try Fixture.object(source: Self.sendBack))
        _ = try api.putProgram("bridge", try Fixture.learningBridge.get())
        let before = try api.call("GET", "/v1/switches/br0/ports/a")
        let refused = try api.call("PATCH", "/v1/switches/br0/ports/a", json: body)
        #expect([400, 422].contains(refused.status), "\(refused.text)")
        #expect(refused.string("errors.0.pointer") == pointer, "\(refused.text)")
        #expect(try api.call("GET", "/v1/switches/br0/ports/a").text == before.text)
        _ = ports
    }
}
