import Engine
import Foundation
import Maps
import Object
import Synchronization
import Testing

/// Maps in maps, in programs and under change. Needs root, for bpf(2).
@Suite struct MapOfMapsTests {
    private static let source = """
        struct inner { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 4); __type(key, __u32); __type(value, __u64); };
        struct inner one SEC(".maps"), two SEC(".maps");
        struct { __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); __uint(max_entries, 4); __type(key, __u32);
            __array(values, struct inner); } outer SEC(".maps") = { .values = { [1] = &one, [3] = &two } };
        struct { __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS); __uint(max_entries, 4); __type(key, __u64);
            __type(value, __u32); __array(values, struct inner); } named SEC(".maps");
        SEC("xdp") int use(struct xdp_md *ctx) {
            OUT(ctx);
            for (__u32 i = 0; i < 5; i++) {
                __u32 index = i, key = 5;
                void *map = bpf_map_lookup_elem(&outer, &index);
                if (!map) { o->words[i] = 77; continue; }
                __u64 *value = bpf_map_lookup_elem(map, &key), start = i;
                if (value) { __sync_fetch_and_add(value, 100); o->words[i] = *value; }
                else o->words[i] = 1000 + bpf_map_update_elem(map, &key, &start, BPF_NOEXIST);
            }
            __u64 key = o->words[15];
            __u32 five = 5;
            void *map = bpf_map_lookup_elem(&named, &key);
            if (map) {
                __u64 *value = bpf_map_lookup_elem(map, &five);
                o->words[6] = value ? *value : 3;
                o->words[7] = bpf_map_delete_elem(map, &five);
            }
            return map ? XDP_PASS : XDP_DROP;
        }
        """

    @Test func programsUseInnerMaps() throws {
        let object = try HostedObject(Self.source)
        #expect(object.file.maps.first { $0.name == "outer" }?.values.map(\.name) == ["one", "two"])
        try object.everywhere { host in
            var outcomes = [try host.run("use", HostedObject.packet), try host.run("use", HostedObject.packet)]
            try host.setMap("named", word(UInt64(0)), "two")
            outcomes.append(try host.run("use", HostedObject.packet))
            try host.setMap("outer", word(UInt32(0)), "one")
            try host.delete("outer", word(UInt32(3)))
            outcomes.append(try host.run("use", HostedObject.packet))
            try host.delete("named", word(UInt64(0)))
            outcomes.append(try host.run("use", HostedObject.packet))
            return outcomes
        }
    }

    /// The runs of a sandbox are on copies of the inner maps.
    @Test func sandbox() throws {
        let host = try EngineHost(try HostedObject(Self.source).bytes, .jit)
        try host.update("one", word(UInt32(5)), word(UInt64(40)))
        let sandbox = try Sandbox(host.object, function: "use", type: .xdp)
        let outcome = FrameRun(program: sandbox.program, domain: sandbox.domain, slot: 0)
            .run(HostedObject.packet, repetitions: 1)
        #expect(outcome.frame[4..<8] == word(UInt32(140))[...])
        #expect(try host.map("one").lookup(word(UInt32(5))) == word(UInt64(40)))
    }

    /// Maps are swapped while workers use them: none is freed too early, and all are in the end.
    @Test func swappedWhileWorkersUseThem() throws {
        let source = """
            struct inner { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(map_flags, BPF_F_INNER_MAP); __uint(max_entries, 64);
                __type(key, __u32); __type(value, __u64); };
            struct { __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); __uint(max_entries, 1); __type(key, __u32);
                __array(values, struct inner); } outer SEC(".maps");
            struct { __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS); __uint(max_entries, 2); __type(key, __u32);
                __type(value, __u32); __array(values, struct inner); } named SEC(".maps");
            static __always_inline int look(void *outer, __u32 at) {
                __u32 zero = 0;
                void *map = bpf_map_lookup_elem(outer, &zero);
                if (!map) return 1;
                __u64 *value = bpf_map_lookup_elem(map, &at);
                return !value || *value == 0x5a5a5a5a ? 1 : 2;
            }
            SEC("xdp") int use(struct xdp_md *ctx) {
                int result = 1;
                for (int i = 0; i < 40; i++) if (look(&outer, i) == 2 || look(&named, i) == 2) result = 2;
                return result;
            }
            """
        let bytes = try HostedObject(source).bytes
        for kind in [EngineHost.Kind.interpreter, .jit] {
            let host = try EngineHost(bytes, kind)
            let (outer, named) = (try host.map("outer"), try host.map("named"))
            let executable = try host.program("use").executable
            let domain = host.domain
            let shared = Shared()
            let group = DispatchGroup()
            func inThread(_ body: @escaping @Sendable () -> Void) {
                group.enter()
                Thread.detachNewThread {
                    body()
                    group.leave()
                }
            }
            for worker in 0..<2 {
                inThread {
                    var frame = FrameContext(data: UnsafeMutableRawPointer(bitPattern: 64)!, length: 0)
                    var result = RunResult()
                    domain.online(worker)
                    repeat {
                        executable.run(&frame, count: 1, results: &result, slot: worker)
                        if result != RunResult(value: 1) { Issue.record("\(result)") }
                        shared.runs.add(1, ordering: .relaxed)
                        domain.quiescent(worker)
                    } while !shared.isDone.load(ordering: .acquiring)
                    domain.offline(worker)
                }
            }
            inThread {
                let zero = word(UInt32(0))
                for round in 0..<300 {
                    let attributes = MapAttributes(
                        type: .array, keySize: 4, valueSize: 8, maxEntries: 16 + round % 64, flags: .innerMap)
                    guard let map = try? Map(attributes, domain: domain) else { continue }
                    for index in 0..<attributes.maxEntries {
                        try? map.update(word(UInt32(index)), word(UInt64(0x5a5a_5a5a)))
                    }
                    shared.live.withLock { $0.append(WeakMap(map: map)) }
                    try? outer.setMap(zero, map)
                    if round % 3 == 0 { try? named.delete(zero) } else { try? named.setMap(zero, map) }
                }
                shared.isDone.store(true, ordering: .releasing)
            }
            group.wait()
            #expect(shared.runs.load(ordering: .relaxed) > 2)
            try outer.clear()
            try named.clear()
            #expect(outer.retiredReferences == 0 && named.retiredReferences == 0)
            #expect(shared.live.withLock { $0.allSatisfy { $0.map == nil } })
        }
    }

    private struct WeakMap: @unchecked Sendable { weak var map: Map? }

    /// Of the threads of a test.
    private final class Shared: Sendable {
        let live = Mutex<[WeakMap]>([])
        let isDone = Atomic(false)
        let runs = Atomic(0)
    }
}
