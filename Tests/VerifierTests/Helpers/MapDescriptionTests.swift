import Object
import Testing

@testable import Verifier

@Suite struct MapDescriptionTests {
    private static let head = """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        #define MAP(NAME, TYPE, VALUE) \\
            struct { __uint(type, TYPE); __type(key, __u32); __type(value, VALUE); __uint(max_entries, 1); } \\
            NAME SEC(".maps")

        """

    private func maps(_ source: String) throws -> [String: MapDescription] {
        let object = try ObjectFile(elf: Clang.object(source: Self.head + source))
        return Dictionary(
            uniqueKeysWithValues: object.maps.map { ($0.name, MapDescription(definition: $0, btf: object.btf)) })
    }

    @Test func constantsAreKnown() throws {
        let maps = try maps(
            """
            const volatile __u32 limit = 7;
            const volatile __u16 port SEC(".rodata.config") = 0x1234;
            __u32 total = 3, count;
            MAP(table, BPF_MAP_TYPE_ARRAY, __u32);
            SEC("xdp") int entry(void *md) { count++; return limit + port + total; }
            """)
        #expect(maps[".rodata"]?.constantValue == [7, 0, 0, 0])
        #expect(maps[".rodata.config"]?.constantValue == [0x34, 0x12])
        #expect(maps[".rodata"]?.attributes.flags == .readOnlyProgram)
        #expect(maps[".data"]?.constantValue == nil)
        #expect(maps[".bss"]?.constantValue == nil)
        #expect(maps["table"]?.constantValue == nil)
    }

    @Test func locksAreFound() throws {
        let maps = try maps(
            """
            struct plain { __u64 count; struct bpf_spin_lock lock; };
            struct nested { __u64 a; struct plain b; __u32 c; };
            struct two { struct bpf_spin_lock a, b; };
            struct inUnion { __u64 a; union { struct bpf_spin_lock lock; __u32 b; }; };
            struct inArray { __u64 a; struct bpf_spin_lock lock[2]; };
            typedef struct bpf_spin_lock lock_t;
            struct aliased { __u32 a; volatile lock_t lock; };
            MAP(a, BPF_MAP_TYPE_HASH, struct plain);
            MAP(b, BPF_MAP_TYPE_ARRAY, struct nested);
            MAP(c, BPF_MAP_TYPE_ARRAY, struct two);
            MAP(d, BPF_MAP_TYPE_ARRAY, struct inUnion);
            MAP(e, BPF_MAP_TYPE_ARRAY, struct inArray);
            MAP(f, BPF_MAP_TYPE_PERCPU_ARRAY, struct plain);
            MAP(g, BPF_MAP_TYPE_HASH, struct aliased);
            MAP(h, BPF_MAP_TYPE_HASH, __u64);
            MAP(i, BPF_MAP_TYPE_HASH, struct bpf_spin_lock);
            __u64 before SEC(".data.lock") = 1;
            struct bpf_spin_lock lock SEC(".data.lock");
            SEC("xdp") int entry(void *md) { bpf_spin_lock(&lock); before++; bpf_spin_unlock(&lock); return 0; }
            """)
        #expect(maps["a"]?.spinLockOffset == 8)
        #expect(maps["b"]?.spinLockOffset == 16)
        for name in ["c", "d", "e", "f", "h"] { #expect(maps[name]?.spinLockOffset == nil, "\(name)") }
        #expect(maps["g"]?.spinLockOffset == 4)
        #expect(maps["i"]?.spinLockOffset == 0)
        #expect(maps[".data.lock"]?.spinLockOffset == 8)
    }

    /// A structure of two of a structure of two ...: 2^28 members in all.
    @Test func manyMembersAreNotVisited() throws {
        let layers = (1...28).map { "struct s\($0) { struct s\($0 - 1) a, b; };\n" }.joined()
        let maps = try maps("struct s0 { char x; };\n\(layers)MAP(table, BPF_MAP_TYPE_HASH, struct s28);")
        #expect(maps["table"]?.attributes.valueSize == 1 << 28)
        #expect(maps["table"]?.spinLockOffset == nil)
    }

    @Test func innerMapsAreKnown() throws {
        let maps = try maps(
            """
            struct inner {
                __uint(type, BPF_MAP_TYPE_HASH);
                __type(key, __u64);
                __type(value, __u32);
                __uint(max_entries, 9);
            };
            struct {
                __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
                __uint(max_entries, 3);
                __type(key, __u32);
                __array(values, struct inner);
            } outer SEC(".maps");
            """)
        #expect(maps["outer"]?.inner == MapAttributes(type: .hash, keySize: 8, valueSize: 4, maxEntries: 9))
    }
}
