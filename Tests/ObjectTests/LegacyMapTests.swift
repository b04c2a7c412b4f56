import Object
import Testing

/// Maps in `maps` sections, of each size that a definition has had.
@Suite struct LegacyMapTests {
    struct Style: Sendable, CustomTestStringConvertible {
        var bytes: Int
        /// Fields after type, key size, value size, max entries and flags.
        var more: String
        var values: String
        var testDescription: String { "\(bytes) bytes" }
    }

    static let styles = [
        Style(bytes: 20, more: "", values: ""),
        Style(bytes: 28, more: "unsigned inner_map_idx, numa_node;", values: ", 3, 1"),
        Style(bytes: 32, more: "unsigned room[3];", values: ""),
        Style(bytes: 36, more: "unsigned id, pinning, inner_id, inner_idx;", values: ", 7, 2, 0, 0"),
    ]

    private static func source(_ style: Style) -> String {
        """
        #define SEC(name) __attribute__((section(name), used))
        struct map { unsigned type, key_size, value_size, max_entries, map_flags; \(style.more) };
        SEC("maps") struct map first = {1, 6, 16, 100, 1\(style.values)};
        SEC("maps") struct map second = {6, 4, 8, 256, 0\(style.values)};
        static void *(*lookup)(void *map, void *key) = (void *)1;
        SEC("prog") int program(void *context) { int key = 0; return lookup(&second, &key) && lookup(&first, &key); }
        """
    }

    @Test(arguments: styles, [["-O2"], ["-O2", "-g"]])
    func isRead(_ style: Style, _ options: [String]) throws {
        let object = try ObjectFile(elf: Compiler.object(source: Self.source(style), options))
        #expect(object.maps.map(\.name) == ["first", "second"])
        #expect(
            object.maps.map(\.attributes) == [
                MapAttributes(type: .hash, keySize: 6, valueSize: 16, maxEntries: 100, flags: .noPrealloc),
                MapAttributes(type: .perCPUArray, keySize: 4, valueSize: 8, maxEntries: 256),
            ])
        #expect(object.maps.allSatisfy { $0.pinnedByName == (style.bytes == 36) })
        #expect(object.programs[0].type == nil)
        let references = object.programs[0].instructions.filter { $0.isWide }
        #expect(references.map(\.imm) == [1, 0] && references.map(\.src) == [1, 1])
    }

    @Test(arguments: [
        // The index of the inner map
        ("unsigned inner_map_idx, numa_node;", ", 1, 0", ", 0, 0", true), ("unsigned x[2];", ", 9, 0", ", 0, 0", false),
        ("unsigned x[2];", ", 0, 0", ", 0, 0", false),
        // The id of the inner map
        ("unsigned id, pinning, inner_id, inner_idx;", ", 5, 0, 6, 0", ", 6, 0, 0, 0", true),
        ("unsigned id, pinning, inner_id, inner_idx;", ", 5, 0, 7, 0", ", 6, 0, 0, 0", false),
        ("unsigned id, pinning, inner_id, inner_idx;", ", 5, 0, 0, 0", ", 0, 0, 0, 0", false), ("", "", "", false),
    ])
    func innerMaps(_ fields: String, _ outer: String, _ inner: String, _ isFound: Bool) throws {
        let source = """
            #define S __attribute__((section("maps"), used))
            struct map { unsigned type, key_size, value_size, max_entries, map_flags; \(fields) };
            S struct map outer = {13, 8, 4, 100, 0\(outer)};
            S struct map inner = {2, 4, 16, 7, 0\(inner)};
            """
        let object = try ObjectFile(elf: Compiler.object(source: source))
        let attributes = MapAttributes(type: .array, keySize: 4, valueSize: 16, maxEntries: 7)
        #expect(object.maps.map(\.inner) == [isFound ? attributes : nil, nil])
    }

    @Test func annotationGivesTypes() throws {
        let source = """
            struct map { unsigned type, key_size, value_size, max_entries, map_flags; };
            struct entry { unsigned long long count; };
            __attribute__((section("maps"), used)) struct map counts = {1, 4, 8, 10, 0};
            struct ____btf_map_counts { unsigned key; struct entry value; };
            struct ____btf_map_counts __attribute__((section(".maps.counts"), used)) ____btf_map_counts = {};
            """
        let object = try ObjectFile(elf: Compiler.object(source: source))
        let map = try #require(object.maps.first { $0.name == "counts" })
        #expect(object.btf?.typeName(try #require(map.keyType)) == "unsigned int")
        #expect(object.btf?.typeName(try #require(map.valueType)) == "struct entry")
    }

    @Test(arguments: [
        ("array", MapType.array), ("percpu_array", .perCPUArray), ("hashtable", .hash),
        ("percpu_hashtable", .perCPUHash), ("hash", .hash), ("percpu_hash", .perCPUHash), ("lru_hash", .lruHash),
    ])
    func namedTypes(_ name: String, _ type: MapType) throws {
        let source = """
            #include <net/vale_bpf_uapi.h>
            EBPF_DEFINE_MAP(table, "\(name)", sizeof(uint32_t), 24, 77, 1)
            uint32_t program(struct vale_bpf_md *md) {
                uint32_t key = md->ingress_port;
                uint64_t value[3] = {};
                if (!ebpf_map_lookup_elem(&table, &key))
                    ebpf_map_update_elem(&table, &key, value, EBPF_ANY);
                return ebpf_map_delete_elem(&table, &key) ? VALE_BPF_DROP : VALE_BPF_BROADCAST;
            }
            """
        let object = try ObjectFile(elf: Compiler.object(source: source, ["-O2"]))
        #expect(
            object.maps.map(\.attributes) == [
                MapAttributes(type: type, keySize: 4, valueSize: 24, maxEntries: 77, flags: .noPrealloc)
            ])
        let calls = object.programs[0].instructions.filter { $0.opcode == 0x85 }
        #expect(calls.map(\.imm) == [1, 2, 3])
    }

    @Test(arguments: [
        ("struct { unsigned x[5]; } a = {{99, 4, 8, 1, 0}};", "unknown map type 99"),
        ("struct { unsigned x[5]; } a = {{1, 4, 8, 1, 0}}, b = {{0}};", "unknown map type 0"),
        ("struct { unsigned x[8]; } a = {{1, 4, 8, 1, 0, 5}};", "a definition of 32 bytes is not known"),
        ("struct { unsigned x[3]; } a = {{1, 4, 8}};", "1 definitions don't divide 12 bytes evenly"),
        ("struct { unsigned x[5]; } a = {{1}}; S struct { unsigned x[8]; } b = {{1}};", "divide 52 bytes evenly"),
        ("struct { char name[64]; unsigned x[4]; } a = {\"tree\", {4, 8, 1, 0}};", "unknown map type \"tree\""),
    ])
    func isRefused(_ definition: String, _ message: String) throws {
        let source = "#define S __attribute__((section(\"maps\"), used))\nS \(definition)"
        let bytes = try Compiler.object(source: source, ["-O2"])
        let error = #expect(throws: ObjectError.self) { try ObjectFile(elf: bytes) }
        #expect(error?.section == "maps")
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }
}
