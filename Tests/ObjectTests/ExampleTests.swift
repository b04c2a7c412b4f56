import Object
import Testing

/// The programs in examples/ load, with what their comments promise.
@Suite struct ExampleTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var file: String
        var type: ProgramType?
        var maps: [String: MapAttributes]

        var testDescription: String { file }
        var function: String { String(file.dropLast(2)) }
    }

    static let examples = [
        Example(file: "nologic.c", type: nil, maps: [:]),
        Example(
            file: "pkt_count.c", type: nil,
            maps: ["protocols": MapAttributes(type: .perCPUArray, keySize: 4, valueSize: 8, maxEntries: 256)]),
        Example(
            file: "vale_bridge.c", type: nil,
            maps: [
                "addresses": MapAttributes(type: .perCPUArray, keySize: 4, valueSize: 8, maxEntries: 1024),
                "ports": MapAttributes(type: .perCPUArray, keySize: 4, valueSize: 4, maxEntries: 1024),
            ]),
        Example(
            file: "learning_bridge.c", type: .vale,
            maps: [
                "fdb": MapAttributes(type: .hash, keySize: 6, valueSize: 16, maxEntries: 4096),
                ".rodata": data(4, .readOnlyProgram),
            ]),
        Example(
            file: "vlan_bridge.c", type: .vale,
            maps: [
                "fdb": MapAttributes(type: .hash, keySize: 8, valueSize: 16, maxEntries: 8192),
                "pvid": MapAttributes(type: .array, keySize: 4, valueSize: 2, maxEntries: 254),
                "members": MapAttributes(type: .hash, keySize: 4, valueSize: 1, maxEntries: 4096),
                ".rodata": data(1, .readOnlyProgram),
            ]),
        Example(
            file: "port_mirror.c", type: .vale, maps: [".rodata": data(4, .readOnlyProgram), ".bss": data(16, [])]),
        Example(
            file: "xdp_filter.c", type: .xdp,
            maps: [
                "blocked": MapAttributes(type: .hash, keySize: 8, valueSize: 8, maxEntries: 16384),
                "outcomes": MapAttributes(type: .perCPUArray, keySize: 4, valueSize: 8, maxEntries: 3),
            ]),
    ]

    private static func data(_ size: Int, _ flags: MapFlags) -> MapAttributes {
        MapAttributes(type: .array, keySize: 4, valueSize: size, maxEntries: 1, flags: flags)
    }

    @Test(arguments: examples, ["-mcpu=v1", "-mcpu=v2", "-mcpu=v3", "-mcpu=v4"])
    func loads(_ example: Example, _ version: String) throws {
        let object = try ObjectFile(elf: Compiler.object("examples/" + example.file, ["-O2", "-g", version]))
        #expect(object.programs.map(\.name) == [example.function])
        #expect(object.programs.map(\.type) == [example.type])
        #expect(Dictionary(uniqueKeysWithValues: object.maps.map { ($0.name, $0.attributes) }) == example.maps)
        let lines = object.programs[0].lines
        #expect(lines.contains { $0.file.hasSuffix(example.file) && !$0.text.isEmpty && $0.line > 5 })
    }

    /// Programs for the original vale-bpf were compiled without -g, and need no header of the system.
    @Test(arguments: [["-O2"], ["-O2", "-ffreestanding"], ["-O2", "-nostdinc"]])
    func originalStyleNeedsNothing(_ options: [String]) throws {
        for example in Self.examples where example.type == nil {
            let object = try ObjectFile(elf: Compiler.object("examples/" + example.file, options))
            #expect(object.programs.map(\.section) == [".text"])
            #expect(object.license == nil)
            #expect(Dictionary(uniqueKeysWithValues: object.maps.map { ($0.name, $0.attributes) }) == example.maps)
        }
    }

    @Test func learningBridgeSaysWhatItsTableHolds() throws {
        let object = try ObjectFile(elf: Compiler.object("examples/learning_bridge.c"))
        let btf = try #require(object.btf)
        let fdb = try #require(object.maps.first { $0.name == "fdb" })
        guard case .structure(let key) = btf.resolved(try #require(fdb.keyType)),
            case .structure(let value) = btf.resolved(try #require(fdb.valueType))
        else {
            Issue.record("key and value are structures")
            return
        }
        #expect(key.members.map(\.name) == ["mac"])
        #expect(btf.size(of: key.members[0].type) == 6)
        #expect(value.members.map(\.name) == ["last_seen_ns", "port"])
        #expect(value.members.map(\.bitOffset) == [0, 64])
        let option = try #require(object.variable(named: "ageing_seconds"))
        #expect(option.isConst && option.size == 4)
        #expect(btf.typeName(try #require(option.type)) == "const volatile __u32")
    }
}
