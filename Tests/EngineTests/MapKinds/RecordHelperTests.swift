import Engine
import Glibc
import Maps
import Object
import Testing

/// Ring buffers and perf events as programs use them, and as their reader finds them. Needs root, for bpf(2).
@Suite struct RecordHelperTests {
    private static let ring = """
        struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } ring SEC(".maps");
        SEC("xdp") int use(struct xdp_md *ctx) {
            OUT(ctx);
            char text[13] = "hello, world";
            o->words[0] = bpf_ringbuf_output(&ring, text, sizeof(text), 0);
            o->words[1] = bpf_ringbuf_output(&ring, text, 0, BPF_RB_NO_WAKEUP);
            o->words[2] = bpf_ringbuf_output(&ring, text, 5, 4);
            __u64 *a = bpf_ringbuf_reserve(&ring, 24, 0);
            __u64 *b = bpf_ringbuf_reserve(&ring, 8, 0);
            o->words[3] = !!a | !!b << 1;
            if (b) { b[0] = 5; bpf_ringbuf_submit(b, BPF_RB_FORCE_WAKEUP); }
            o->words[4] = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
            if (a) { a[0] = 1; a[1] = 2; a[2] = 3; bpf_ringbuf_submit(a, 0); }
            a = bpf_ringbuf_reserve(&ring, 100, 0);
            if (a) bpf_ringbuf_discard(a, 0);
            void *none = bpf_ringbuf_reserve(&ring, 8, 1);
            if (none) { o->words[5] = 1; bpf_ringbuf_discard(none, 0); }
            none = bpf_ringbuf_reserve(&ring, 5000, 0);
            if (none) { o->words[6] = 1; bpf_ringbuf_discard(none, 0); }
            for (int i = 0; i < 4; i++) o->words[7 + i] = bpf_ringbuf_query(&ring, i);
            return XDP_PASS;
        }
        SEC("xdp") int fill(struct xdp_md *ctx) {
            OUT(ctx);
            for (int i = 0; i < 100; i++) {
                __u64 *r = bpf_ringbuf_reserve(&ring, 56, 0);
                if (!r) { o->words[1]++; continue; }
                r[0] = i; r[1] = 1; r[2] = 2; r[3] = 3; r[4] = 4; r[5] = 5; r[6] = 6;
                bpf_ringbuf_submit(r, 0);
                o->words[0]++;
            }
            o->words[2] = bpf_ringbuf_query(&ring, BPF_RB_PROD_POS);
            return XDP_PASS;
        }
        """

    @Test func ringbufAsOnLinux() throws {
        let object = try HostedObject(Self.ring)
        try object.everywhere { host in
            [
                try host.run("use", HostedObject.packet), try host.run("use", HostedObject.packet),
                try host.run("fill", HostedObject.packet),
            ]
        }
    }

    @Test(arguments: [EngineHost.Kind.checked, .interpreter, .jit]) func readerFindsRecordsInOrder(
        _ kind: EngineHost.Kind
    ) throws {
        let host = try EngineHost(try HostedObject(Self.ring).bytes, kind)
        let map = try host.map("ring")
        _ = try host.run("use", HostedObject.packet)
        let records = try map.takeRecords(limit: 100)
        #expect(
            records.map(\.bytes) == [
                Array("hello, world\0".utf8), [], word(UInt64(1)) + word(UInt64(2)) + word(UInt64(3)), word(UInt64(5)),
            ])
        #expect(map.lostRecords == 0)
        // The ring goes round many times, and what finds no room is lost.
        var next = 0
        for _ in 0..<20 {
            let written = try host.run("fill", HostedObject.packet).packet[0]
            let records = try map.takeRecords(limit: 1000)
            #expect(records.count == Int(written) && written > 50)
            for (index, record) in records.enumerated() { check(record.bytes.prefix(8) == word(UInt64(index))[...]) }
            next += 100 - Int(written)
        }
        #expect(map.lostRecords == UInt64(next))
        #expect(try map.takeRecords(limit: 1) == [])
    }

    /// Who waits is woken by a record, once, and finds it.
    @Test func readerIsWoken() throws {
        let host = try EngineHost(try HostedObject(Self.ring).bytes, .jit)
        let map = try host.map("ring")
        var poll = pollfd(fd: try #require(map.recordsDescriptor), events: Int16(POLLIN), revents: 0)
        #expect(map.waitsForRecords())
        #expect(Glibc.poll(&poll, 1, 0) == 0)
        _ = try host.run("fill", HostedObject.packet)
        #expect(Glibc.poll(&poll, 1, 1000) == 1)
        #expect(!map.waitsForRecords())
        while try !map.takeRecords(limit: 10).isEmpty {}
        #expect(map.waitsForRecords())
        #expect(Glibc.poll(&poll, 1, 0) == 0)
    }

    /// A record that is not submitted holds up those behind it; one of a run that faults is dropped.
    @Test(arguments: [EngineHost.Kind.checked, .interpreter, .jit]) func recordsOfAFaultAreDropped(
        _ kind: EngineHost.Kind
    ) throws {
        let source = """
            struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } ring SEC(".maps");
            SEC("xdp") int hang(struct xdp_md *ctx) {
                OUT(ctx);
                __u64 *r = bpf_ringbuf_reserve(&ring, 16, 0);
                if (!r) return XDP_ABORTED;
                r[0] = o->words[0];
                r[1] = 0;
                volatile int sum = 0;
                if (o->words[0])
                    for (int i = 0; i < 2000; i++) sum += i;
                bpf_ringbuf_submit(r, 0);
                return XDP_PASS;
            }
            """
        let host = try EngineHost(try HostedObject(source).bytes, kind, fuel: 2_000)
        let long = word(UInt32(1)) + HostedObject.packet.dropFirst(4)
        for _ in 0..<500 {
            #expect(try host.runFrame("hang", long).0.fault == .outOfFuel)
            #expect(try host.run("hang", HostedObject.packet).verdict == 2)
            #expect(try host.map("ring").takeRecords(limit: 10).map(\.bytes) == [[UInt8](repeating: 0, count: 16)])
        }
    }

    private static let perf = """
        struct { __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __uint(key_size, 4); __uint(value_size, 4); } events SEC(".maps");
        SEC("xdp") int use(struct xdp_md *ctx) {
            OUT(ctx);
            __u32 length = o->words[0], flags = o->words[1];
            __u64 data[2] = {0x1122334455667788, length};
            o->words[2] = bpf_perf_event_output(ctx, &events, (__u64)length << 32 | flags, data, sizeof(data));
            o->words[3] = bpf_perf_event_output(ctx, &events, 1ull << 60, data, sizeof(data));
            return XDP_PASS;
        }
        """

    private func packet(_ length: UInt32, _ flags: UInt32) -> [UInt8] {
        word(length) + word(flags) + HostedObject.packet.dropFirst(8)
    }

    /// Errors as on Linux, where nobody has opened an event: what would be written there is not.
    @Test func perfEventErrors() throws {
        let object = try HostedObject(Self.perf)
        for (length, flags): (UInt32, UInt32) in [(65, .max), (0xFFFFF, .max), (0, 2), (3, 900)] {
            try object.everywhere { try $0.run("use", packet(length, flags)) }
        }
    }

    @Test(arguments: [EngineHost.Kind.checked, .interpreter, .jit]) func perfEventsHoldThePacketsBytes(
        _ kind: EngineHost.Kind
    ) throws {
        let host = try EngineHost(try HostedObject(Self.perf).bytes, kind)
        let map = try host.map("events")
        #expect(map.attributes.maxEntries == 2)
        for (length, flags, status): (UInt32, UInt32, Int32) in [
            (0, .max, 0), (20, .max, 0), (64, 0, 0), (5, 1, -95), (5, 2, -7),
        ] {
            let outcome = try host.run("use", packet(length, flags))
            #expect(outcome.packet[8..<12] == word(status)[...])
            let records = try map.takeRecords(limit: 10)
            guard status == 0 else {
                #expect(records.isEmpty)
                continue
            }
            let data = word(UInt64(0x1122_3344_5566_7788)) + word(UInt64(length))
            #expect(
                records == [
                    MapRecord(
                        bytes: data + packet(length, flags).prefix(Int(length)), worker: 0,
                        packetStart: length == 0 ? nil : 16)
                ])
        }
        var written = 0
        while try host.run("use", packet(64, .max)).packet[8..<12] == word(Int32(0))[...] { written += 1 }
        #expect(map.lostRecords == 1)
        #expect(try map.takeRecords(limit: .max, bytes: .max).count == written)
    }
}

private func check(_ condition: Bool) { if !condition { Issue.record("does not hold") } }
