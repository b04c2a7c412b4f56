import Foundation
import TestSupport
import Testing

@testable import ControlAPI

struct TestRunTests {
    private static let frame = "0x020000000002020000000001080045"

    private static let counter = """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        struct {
            __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __type(key, __u32); __type(value, __u64); __uint(max_entries, 2);
        } counts SEC(".maps");
        struct {
            __uint(type, BPF_MAP_TYPE_HASH); __type(key, __u32); __type(value, __u32); __uint(max_entries, 2);
        } seen SEC(".maps");
        SEC("xdp") int count(struct xdp_md *md) {
            unsigned char *data = (void *)(long)md->data, *end = (void *)(long)md->data_end;
            __u32 zero = 0, ifindex = md->ingress_ifindex, queue = md->rx_queue_index;
            __u64 *n = bpf_map_lookup_elem(&counts, &zero);
            if (!n || data + 14 > end) return XDP_ABORTED;
            *n += 1;
            data[0] = *n;
            bpf_map_update_elem(&seen, &ifindex, &queue, BPF_ANY);
            bpf_printk("run %d", (int)*n);
            return *n % 4 == 0 ? XDP_DROP : XDP_TX;
        }
        char _license[] SEC("license") = "GPL";
        """

    private func service() throws -> TestService {
        let api = try TestService()
        #expect(try api.putProgram("p", try Fixture.object(source: Self.counter)).status == 201)
        return api
    }

    private func run(_ api: TestService, _ query: String, packet: String = frame) throws -> Reply {
        try api.call("POST", "/v1/programs/p/test-run\(query)", json: #"{"packet":"\#(packet)"}"#)
    }

    @Test func aRunTellsItsInstructions() throws {
        let api = try service()
        let reply = try run(api, "?trace=1000")
        #expect(reply.status == 200, "\(reply.text)")
        #expect(reply.string("engine") == "interpreter")
        #expect(reply.string("packets.0.verdict") == "tx")
        #expect(reply["packets.0.instructionsComplete"] as? Bool == true)
        let steps = try #require(reply["packets.0.instructions"] as? [[String: Any]])
        #expect(steps.first?["index"] as? Int == 0)
        #expect(steps.last?["text"] as? String == "exit")
        // The value is what some instruction left in r0 last.
        let results = steps.compactMap { ($0["changes"] as? [String: String])?["r0"] }
        #expect(results.last == "0x3")
        let lines = steps.compactMap { ($0["source"] as? [String: Any])?["text"] as? String }
        #expect(lines.contains { $0.contains("*n += 1") })

        let cut = try run(api, "?trace=3")
        #expect(cut.count("packets.0.instructions") == 3)
        #expect(cut["packets.0.instructionsComplete"] as? Bool == false)
        #expect(cut.string("packets.0.verdict") == "tx")
        for query in ["?trace=0", "?trace=10&repeat=2", "?trace=10&maps=live", "?trace=x"] {
            #expect(try run(api, query).problem == "invalid-parameter")
        }
    }

    @Test func aRunTellsWhatItDidAndTouchesNothing() throws {
        let api = try service()
        let reply = try run(api, "?ifindex=7&ring=3")
        #expect(reply.status == 200, "\(reply.text)")
        #expect(reply.string("type") == "xdp")
        #expect(reply.string("packets.0.verdict") == "tx")
        #expect(reply.int("packets.0.value") == 3)
        #expect(reply.int("packets.0.length") == 15)
        #expect(reply.string("packets.0.packet") == "0x010000000002020000000001080045")
        #expect((reply["packets.0.nanoseconds"] as? Double ?? 0) > 0)
        #expect(reply["complete"] as? Bool == true)
        #expect(reply["mapChangesComplete"] as? Bool == true)
        #expect(reply["trace"] as? [String] == ["run 1"])
        #expect(reply.count("mapChanges") == 2)
        #expect(reply.string("mapChanges.0.map") == "p.counts")
        #expect(reply["mapChanges.0.before"] as? [String] == ["0"])
        #expect(reply["mapChanges.0.after"] as? [String] == ["1"])
        #expect(reply.int("mapChanges.1.key") == 7)
        #expect(reply["mapChanges.1.before"] == nil)
        #expect(reply.int("mapChanges.1.after") == 3)
        #expect(try api.call("GET", "/v1/maps/p.seen").int("status.entries") == 0)
        #expect(try run(api, "").string("packets.0.packet") == reply.string("packets.0.packet"))
        let hex = try run(api, "?format=hex&ifindex=7")
        #expect(hex.string("mapChanges.1.key") == "0x07000000")
    }

    @Test func repeatedRunsFindThePacketAsItWas() throws {
        let reply = try run(try service(), "?repeat=1000")
        #expect(reply.int("packets.0.runs") == 1000)
        #expect(reply["packets.0.verdicts"] as? [String: Int] == ["tx": 750, "drop": 250])
        #expect(reply.string("packets.0.verdict") == "drop")
        #expect(reply.string("packets.0.packet")?.hasPrefix("0xe8") == true)
        #expect(reply["mapChanges.0.after"] as? [String] == ["1000"])
        // Bounded, as the log is that the lines are taken from.
        #expect((reply.count("trace") ?? 0) > 500)
    }

    @Test func mapsThatAreLiveAreChanged() throws {
        let api = try service()
        let reply = try run(api, "?maps=live&ifindex=9")
        #expect(reply.string("packets.0.verdict") == "tx")
        #expect(reply["mapChanges"] == nil)
        #expect(try api.call("GET", "/v1/maps/p.seen").int("status.entries") == 1)
        // The slot of no worker keeps its count, and no dump shows it.
        #expect(try run(api, "?maps=live&repeat=2").string("packets.0.packet")?.hasPrefix("0x03") == true)
        #expect(try api.call("GET", "/v1/maps/p.counts/entries")["items.0.value"] as? [String] == ["0"])
        #expect(try run(api, "").string("packets.0.packet")?.hasPrefix("0x01") == true)
        #expect(try api.call("GET", "/v1/programs/p/stats").string("functions.0.runs") == "3")
    }

    @Test func aCaptureFileIsRunFrameByFrame() throws {
        let api = try service()
        var file: [UInt8] = [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0] + [UInt8](repeating: 0, count: 8)
        file += [0, 0, 4, 0, 1, 0, 0, 0]
        for length: UInt8 in [60, 13, 0, 14] {
            file += [UInt8](repeating: 0, count: 8) + [length, 0, 0, 0, length, 0, 0, 0]
            file += [UInt8](repeating: 5, count: Int(length))
        }
        let headers = ["Content-Type": "application/octet-stream"]
        let reply = try api.call("POST", "/v1/programs/p/test-run?repeat=3", headers, body: file)
        #expect(reply.status == 200, "\(reply.text)")
        let packets = reply["packets"] as? [[String: Any]]
        #expect(packets?.map { $0["verdict"] as? String } == ["tx", "aborted", "aborted", "tx"])
        #expect(reply["packets.3.verdicts"] as? [String: Int] == ["drop": 1, "tx": 2])
        #expect(packets?.map { $0["length"] as? Int } == [60, 13, 0, 14])
        #expect(reply["mapChanges.0.after"] as? [String] == ["6"])
        for broken in [[], [1, 2, 3], Array(file.dropLast(3)), Array(file.prefix(24)).map { $0 == 1 ? 113 : $0 }] {
            let reply = try api.call("POST", "/v1/programs/p/test-run", headers, body: broken)
            #expect(reply.status == 422, "\(reply.text)")
        }
    }

    @Test(arguments: [
        ("?maps=mine", 400), ("?repeat=0", 400), ("?repeat=10000001", 400), ("?port=254", 400), ("?type=vale", 400),
        ("?type=memory", 400), ("?function=other", 404), ("?ring=256", 400), ("?ifindex=0", 400), ("?format=xml", 400),
        ("?dryRun=true", 400),
    ])
    func wrongParametersAreRefused(query: String, status: Int) throws {
        #expect(try run(try service(), query).status == status)
    }

    @Test(arguments: ["", "0x", "0x0", "zz", "0x" + String(repeating: "00", count: 65_554)])
    func whatIsNoPacketIsRefused(packet: String) throws {
        let reply = try run(try service(), "", packet: packet)
        #expect(reply.status == 422)
        #expect(reply.string("errors.0.pointer") == "/packet")
    }

    @Test func aValeProgramTellsPortAndRing() throws {
        let api = try TestService()
        #expect(try api.putProgram("p", try Fixture.learningBridge.get()).status == 201)
        let reply = try run(api, "?port=4")
        #expect(reply.string("packets.0.verdict") == "broadcast")
        #expect(reply.int("packets.0.ring") == 0)
        #expect(reply.string("mapChanges.0.key.mac") == "02:00:00:00:00:01", "\(reply.text)")
        #expect(reply["mapChanges.0.before"] == nil)
        #expect(reply.int("mapChanges.0.after.port") == 4)
    }

    @Test func aFilterIsTried() throws {
        let api = try TestService()
        #expect(try api.call("PUT", "/v1/programs/p", json: #"{"filter":"ip"}"#).status == 201)
        #expect(try run(api, "").string("packets.0.verdict") == "pass")
        #expect(try run(api, "", packet: "0x0102").string("packets.0.verdict") == "drop")
    }

    /// Test runs wait for test runs alone, and only so many of them.
    @Test func aFullPoolHoldsUpNothingElse() throws {
        let api = try service()
        let held = HeldPool(api.service.control.testRuns, fillsLine: true)
        let refused = try run(api, "")
        #expect(refused.status == 503)
        #expect(refused.problem == "busy")
        #expect(refused.headers["retry-after"] != nil)
        #expect(try api.call("PUT", "/v1/programs/q", json: #"{"filter":"ip"}"#).status == 201)
        held.release()
        #expect(try eventually { try run(api, "").status == 200 })
    }

    @Test func mapsThatAreTooLargeAreNotCopied() throws {
        let api = try TestService()
        let source = Self.counter.replacingOccurrences(
            of: "__uint(max_entries, 2);\n} counts", with: "__uint(max_entries, 9000000);\n} counts")
        #expect(source != Self.counter)
        #expect(try api.putProgram("p", try Fixture.object(source: source)).status == 201)
        #expect(try run(api, "").problem == "unsupported")
        #expect(try run(api, "?maps=live").status == 200)
    }
}
