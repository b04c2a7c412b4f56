import ISA
import Object
import Testing

@Suite struct LinkingTests {
    /// What of an object must be the same at every optimization level and instruction set version.
    @Test(arguments: [
        ["-O2", "-g"], ["-O1", "-g"], ["-O3", "-g"], ["-Os", "-g"], ["-O2", "-g", "-mcpu=v1"],
        ["-O2", "-g", "-mcpu=v2"],
        ["-O2", "-g", "-mcpu=v3"], ["-O2", "-g", "-mcpu=v4"],
    ])
    func everythingLinks(_ options: [String]) throws {
        let object = try ObjectFile(elf: Compiler.object("everything.c", options))
        #expect(object.programs.map(\.name) == ["entry", "second", "third"])
        #expect(object.programs.map(\.section) == ["xdp", "xdp/second", "vale"])
        #expect(object.programs.map(\.type) == [.xdp, .xdp, .vale])
        #expect(object.license == "GPL")
        let functions = object.programs.map { $0.functions.map(\.name) }
        #expect(functions[0].first == "entry")
        #expect(Set(functions[0]) == ["entry", "visit", "shared", "scale"])
        #expect(functions[1] == ["second", "shared", "scale"])
        #expect(functions[2] == ["third"])
        for program in object.programs { try requireConsistent(program, object) }
    }

    /// Without a section of programs the global functions of .text are entries; with one they are only called.
    @Test(arguments: [("", ["one", "two"]), ("__attribute__((section(\"1/0\")))", ["two"])])
    func entriesAreGlobalFunctions(_ attribute: String, _ names: [String]) throws {
        let source = """
            static __attribute__((noinline, used)) int quiet(int x) { return x * x; }
            __attribute__((noinline, visibility("hidden"))) int inner(int x) { return quiet(x) + 1; }
            __attribute__((noinline)) int one(int x) { return inner(x) + 2; }
            \(attribute) int two(int x) { return one(x) + 3; }
            """
        let object = try ObjectFile(elf: Compiler.object(source: source, ["-O2", "-fno-inline"]))
        #expect(object.programs.map(\.name) == names)
        #expect(object.programs.last?.functions.map(\.name) == ["two", "one", "inner", "quiet"])
        #expect(object.programs.allSatisfy { $0.type == nil })
        for program in object.programs { try requireConsistent(program, object) }
    }

    /// A static function in a section of programs: the call needs no relocation, and is none to a program.
    @Test func subprogramsMayShareTheSection() throws {
        let source = """
            __attribute__((section("xdp"), noinline)) static int helper(int x) { return x * 3; }
            __attribute__((section("xdp"))) int first(int *x) { return helper(x[0]) + 1; }
            __attribute__((section("xdp"))) int second(int *x) { return helper(x[1]) + 2; }
            """
        let object = try ObjectFile(elf: Compiler.object(source: source))
        #expect(object.programs.map { $0.functions.map(\.name) } == [["first", "helper"], ["second", "helper"]])
        for program in object.programs { try requireConsistent(program, object) }
    }

    /// Programs that include vmlinux.h ask for packet headers to be adapted to the kernel. They are what they are.
    @Test func relocationsOfPacketHeadersAreMet() throws {
        let source = """
            #pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
            struct xdp_md { unsigned data, data_end, data_meta, ingress_ifindex; };
            struct ethhdr { unsigned char h_dest[6], h_source[6]; unsigned short h_proto; };
            struct iphdr___mine { unsigned char ihl : 4, version : 4, tos; };
            #pragma clang attribute pop
            __attribute__((section("xdp"))) int entry(struct xdp_md *md) {
                struct ethhdr *eth = (void *)(long)md->data;
                struct iphdr___mine *ip = (void *)(eth + 1);
                return __builtin_preserve_field_info(eth->h_proto, 2) && eth->h_proto == 8 && ip->tos
                    ? md->ingress_ifindex : 0;
            }
            """
        let object = try ObjectFile(elf: Compiler.object(source: source))
        let loads = object.programs[0].instructions.filter { $0.opcode & 7 == 1 }
        #expect(loads.map(\.offset).sorted() == [0, 1, 12, 12])
    }

    @Test func mapsAreFound() throws {
        let object = try ObjectFile(elf: Compiler.object("everything.c"))
        let maps = Dictionary(uniqueKeysWithValues: object.maps.map { ($0.name, $0) })
        #expect(
            maps["table"]?.attributes
                == MapAttributes(type: .hash, keySize: 8, valueSize: 8, maxEntries: 1024, flags: .noPrealloc))
        #expect(
            maps["counters"]?.attributes
                == MapAttributes(type: .perCPUArray, keySize: 4, valueSize: 24, maxEntries: 4))
        #expect(maps["counters"]?.pinnedByName == true)
        #expect(maps["table"]?.pinnedByName == false)
        #expect(
            maps["outer"]?.attributes == MapAttributes(type: .arrayOfMaps, keySize: 4, valueSize: 4, maxEntries: 3))
        #expect(maps["outer"]?.inner == MapAttributes(type: .array, keySize: 4, valueSize: 8, maxEntries: 2))
        #expect(maps["table"]?.inner == nil)
        #expect(maps[".rodata"]?.attributes.flags == .readOnlyProgram)
        #expect(maps[".data"]?.attributes.flags == [])
        #expect(maps[".data.custom"]?.initialValue == [9, 0, 0, 0])
        #expect(maps[".bss"]?.initialValue == [UInt8](repeating: 0, count: 8))
        let key = try #require(maps["table"]?.keyType)
        #expect(object.btf?.typeName(key) == "struct key")
    }

    /// Every reference of a linked program leads to a map, into a value or to a function's first instruction.
    private func requireConsistent(_ program: ObjectProgram, _ object: ObjectFile) throws {
        let starts = Set(program.functions.map(\.start))
        var reached: Set<Int> = [0]
        var index = 0
        while index < program.instructions.count {
            let instruction = program.instructions[index]
            if instruction.isWide {
                let map = Int(instruction.imm)
                switch instruction.src {
                case 1:
                    try #require(object.maps.indices.contains(map))
                    #expect(!object.maps[map].isDataSection)
                case 2:
                    try #require(object.maps.indices.contains(map))
                    let offset = Int(program.instructions[index + 1].imm)
                    #expect((0..<object.maps[map].attributes.valueSize).contains(offset))
                case 4: reached.insert(index + 1 + Int(instruction.imm))
                default: #expect(instruction.src == 0)
                }
                index += 1
            } else if instruction.opcode == 0x85 && instruction.src == 1 {
                reached.insert(index + 1 + Int(instruction.imm))
            }
            index += 1
        }
        #expect(reached == starts)
        #expect(program.functions.first == ObjectProgram.Function(name: program.name, start: 0))
        #expect(program.functions.map(\.start) == program.functions.map(\.start).sorted())
    }
}
