import Foundation
import PacketIO
import TestSupport
import Testing

@testable import ControlAPI

/// `/v1/maps/{map}/records` over TCP.
struct RecordTests {
    private static let source = """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        struct event { __u32 ifindex; __be32 saddr; char name[4]; };
        struct event *unused __attribute__((unused));
        struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } ring SEC(".maps");
        struct {
            __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __uint(key_size, 4); __uint(value_size, 4);
        } perf SEC(".maps");
        SEC("xdp") int emit(struct xdp_md *md) {
            struct event event = {.ifindex = md->ingress_ifindex, .saddr = __builtin_bswap32(0x0a000001), .name = "ab"};
            bpf_ringbuf_output(&ring, &event, sizeof event, 0);
            bpf_perf_event_output(md, &perf, BPF_F_CURRENT_CPU | 14ULL << 32, &event, sizeof event);
            return XDP_DROP;
        }
        char _license[] SEC("license") = "GPL";
        """

    private func service() throws -> (TestService, MemoryPort) {
        let api = try TestService()
        let put = try api.putProgram("p", try Fixture.object(source: Self.source))
        #expect(put.status == 201, "\(put.text)")
        let ports = try api.makeSwitch("br0", ports: ["a"])
        let chain = try api.call(
            "PUT", "/v1/switches/br0/ports/a", json: #"{"backend":"memory","xdp":[{"program":"p"}]}"#)
        #expect(chain.status == 200, "\(chain.text)")
        return (api, ports[0])
    }

    private func emit(_ port: MemoryPort) { port.inject([UInt8](repeating: 3, count: 64)) }

    @Test func recordsComeAsTheyAreWritten() throws {
        let (api, port) = try service()
        let listener = try StreamListener(api, "/v1/maps/p.ring/records?type=event")
        for sequence in 1...3 {
            emit(port)
            #expect(listener.wait(for: #"id: \#(sequence)\#nevent: record\#ndata: {"sequence":"\#(sequence)""#))
        }
        #expect(listener.text.contains(#""worker":null,"value":{"ifindex":65536,"saddr":"10.0.0.1","name":"ab"},"#))
        #expect(listener.text.contains(#""hex":"0x000001000a00000161620000"}"#), "\(listener.text)")
        #expect(listener.isSilent)
        #expect(!listener.text.contains("event: lost"))
    }

    @Test func perfEventsTellOfTheWorkerAndThePacket() throws {
        let (api, port) = try service()
        let listener = try StreamListener(api, "/v1/maps/p.perf/records")
        emit(port)
        #expect(listener.wait(for: #""packet":"0x0303030303030303030303030303""#), "\(listener.text)")
        #expect(listener.text.contains(#""worker":0,"hex":"0x000001000a00000161620000""#), "\(listener.text)")
    }

    /// Each reader gets what is taken out while it is connected; while nobody reads, records stay in the map.
    @Test func everyReaderGetsAllRecords() throws {
        let (api, port) = try service()
        emit(port)
        let first = try StreamListener(api, "/v1/maps/p.ring/records")
        #expect(first.wait(for: #""sequence":"1""#))
        let second = try StreamListener(api, "/v1/maps/p.ring/records")
        emit(port)
        #expect(first.wait(for: #""sequence":"2""#))
        #expect(second.wait(for: #""sequence":"2""#))
        #expect(!second.text.contains(#""sequence":"1""#))
    }

    /// The ring has room for 170 records of 12 bytes and a header of 8.
    @Test func lostRecordsAreCounted() throws {
        let (api, port) = try service()
        let map = try #require(api.service.control.state.maps["p.ring"]?.map)
        let vale = try #require(api.service.control.state.switches["br0"]?.vale)
        var written = UInt64(0)
        while map.lostRecords < 5 && written < 1000 {
            emit(port)
            written += 1
            #expect(eventually { vale.port(named: "a")?.chain.first?.counters.runs == written })
        }
        let lost = map.lostRecords
        let listener = try StreamListener(api, "/v1/maps/p.ring/records")
        #expect(listener.wait(for: "event: lost\ndata: {\"lost\":\"\(lost)\"}"), "\(listener.text)")
        #expect(listener.wait(for: #""sequence":"\#(written - lost)""#))
        emit(port)
        #expect(listener.wait(for: #""sequence":"\#(written - lost + 1)""#))
    }

    /// On a copy of the map, so that no reader sees them.
    @Test func aTestRunShowsItsRecords() throws {
        let (api, _) = try service()
        let reply = try api.call(
            "POST", "/v1/programs/p/test-run?ifindex=7", json: #"{"packet":"0x0200000000020200000000010800"}"#)
        #expect(reply.string("mapChanges.0.map") == "p.ring", "\(reply.text)")
        #expect(reply.string("mapChanges.0.after") == "0x070000000a00000161620000", "\(reply.text)")
        #expect(try StreamListener(api, "/v1/maps/p.ring/records").isSilent)
    }

    /// Not only when something is sent to it.
    @Test func aReaderThatGoesTakesNoRecords() throws {
        let (api, port) = try service()
        do {
            let listener = try StreamListener(api, "/v1/maps/p.ring/records")
            emit(port)
            #expect(listener.wait(for: #""sequence":"1""#))
        }
        let map = try api.service.control.state.map("p.ring").map
        let hub = api.service.control.records.hub(of: map)
        // Far less than the time of a heartbeat.
        #expect(eventually(seconds: 10) { hub.readerCount == 0 })
        emit(port)
        let next = try StreamListener(api, "/v1/maps/p.ring/records")
        #expect(next.wait(for: #""sequence":"2""#))
    }

    @Test func aStreamEndsWithItsLimitOrItsMap() throws {
        let (api, port) = try service()
        for _ in 1...3 { emit(port) }
        let reply = try api.call("GET", "/v1/maps/p.ring/records?limit=2")
        #expect(reply.text.components(separatedBy: "event: record").count == 3)
        let listener = try StreamListener(api, "/v1/maps/p.ring/records")
        _ = try api.call("DELETE", "/v1/switches/br0")
        #expect(try api.call("DELETE", "/v1/programs/p").status == 204)
        #expect(listener.ends)
    }

    @Test(arguments: [
        ("p.ring/records?type=none", 400), ("p.ring/records?format=typed", 400),
        ("p.ring/records?type=event&format=hex", 400), ("p.ring/records?limit=0", 400), ("p.none/records", 404),
        ("p.bss/records", 422), ("p.ring/entries", 422), ("p.ring/peek", 422),
    ])
    func wrongRequestsAreRefused(path: String, status: Int) throws {
        let (api, _) = try service()
        #expect(try api.call("GET", "/v1/maps/" + path).status == status)
    }
}
