import ISA
import Object
import Testing

/// What an object asks of a kernel: functions, configuration, types.
struct ExternTests {
    private static let head = """
        #define SEC(name) __attribute__((section(name), used))
        #define WEAK __attribute__((weak))
        typedef unsigned int u32;
        typedef unsigned long long u64;

        """

    private func object(_ source: String) throws -> ObjectFile {
        try ObjectFile(elf: Compiler.object(source: Self.head + source))
    }

    @Test func kernelFunctionsAreCalledByNumber() throws {
        let program = try object(
            """
            extern int bpf_xdp_metadata_rx_hash(const void *ctx, u32 *hash, u32 *type) SEC(".ksyms");
            SEC("xdp") int entry(void *ctx) { u32 hash, type; return bpf_xdp_metadata_rx_hash(ctx, &hash, &type); }
            """
        ).programs[0]
        let call = program.instructions.first { $0.opcode == 0x85 }
        #expect(call?.src == 2)
        #expect(call?.imm == KernelFunction.xdpMetadataRXHash.rawValue)
        #expect(program.unresolvedCalls.isEmpty)
    }

    /// The function's address is 0, and the call behind the test for it stays, with its name.
    @Test func weakFunctionsMayBeMissing() throws {
        let program = try object(
            """
            extern int bpf_elsewhere(void *ctx) WEAK SEC(".ksyms");
            SEC("xdp") int entry(void *ctx) { return bpf_elsewhere ? bpf_elsewhere(ctx) : 2; }
            """
        ).programs[0]
        let wide = program.instructions.indices.filter { program.instructions[$0].isWide }
        #expect(wide.map { program.instructions[$0].src } == [0])
        #expect(wide.allSatisfy { program.instructions[$0].imm == 0 && program.instructions[$0 + 1].imm == 0 })
        #expect(Array(program.unresolvedCalls.values) == ["bpf_elsewhere"])
        for slot in program.unresolvedCalls.keys {
            #expect(program.instructions[slot].opcode == 0x85)
            #expect(program.instructions[slot].src == 2 && program.instructions[slot].imm == 0)
        }
    }

    @Test func configurationIsAMap() throws {
        let object = try object(
            """
            extern int LINUX_KERNEL_VERSION SEC(".kconfig");
            extern u64 CONFIG_HZ SEC(".kconfig");
            extern char CONFIG_NET WEAK SEC(".kconfig");
            SEC("xdp") u64 entry(void *ctx) { return LINUX_KERNEL_VERSION + CONFIG_HZ + CONFIG_NET; }
            """)
        let map = try #require(object.maps.first { $0.name == ".kconfig" })
        let value = try #require(map.initialValue)
        #expect(
            map.isDataSection && map.attributes.flags == .readOnlyProgram && map.attributes.valueSize == value.count)
        let index = object.maps.count - 1
        var found: Set<UInt64> = []
        let code = object.programs[0].instructions
        for slot in code.indices where code[slot].isWide {
            #expect(code[slot].src == 2 && code[slot].imm == Int32(index))
            let offset = Int(code[slot + 1].imm)
            found.insert(value[offset...].prefix(4).reversed().reduce(into: UInt64(0)) { $0 = $0 << 8 | UInt64($1) })
        }
        #expect(found == [6 << 16 | 18 << 8, 250, 0])
    }

    /// Fields of the object's own types are where the object says; what only a kernel has is not there.
    @Test func relocatedTypes() throws {
        let object = try object(
            """
            struct mine { int first; int pid; } __attribute__((preserve_access_index));
            struct xdp_md { u32 data, data_end; } __attribute__((preserve_access_index));
            SEC("xdp/field") int field(struct mine *mine) { return mine->pid; }
            SEC("xdp/missing") int missing(struct mine *mine) { return __builtin_preserve_field_info(mine->pid, 2); }
            SEC("xdp/known") int known(struct xdp_md *md) { return __builtin_preserve_field_info(md->data_end, 2); }
            """)
        let code = object.programs.map(\.instructions)
        #expect(code[0].contains { $0.opcode == 0x61 && $0.offset == 4 })
        func isTold(_ value: Int32, _ code: [Instruction]) -> Bool {
            code.contains { $0.opcode & 0xF7 == 0xB7 || $0.opcode == 0xB4 ? $0.imm == value : false }
        }
        #expect(isTold(0, code[1]) && !isTold(1, code[1]))
        #expect(isTold(1, code[2]) && !isTold(0, code[2]))
    }

    @Test(arguments: [
        ("xdp", XDPAttachPoint()), ("xdp/some", XDPAttachPoint()), ("xdp.frags", XDPAttachPoint(takesFragments: true)),
        ("xdp/devmap", XDPAttachPoint(.devmap)), ("xdp/cpumap", XDPAttachPoint(.cpumap)),
        ("xdp.frags/devmap", XDPAttachPoint(.devmap, takesFragments: true)),
        ("xdp.frags/cpumap", XDPAttachPoint(.cpumap, takesFragments: true)),
        ("xdp/devmap/mine", XDPAttachPoint(.devmap)),
        ("xdp_devmap/mine", XDPAttachPoint(.devmap)), ("xdp_tx", XDPAttachPoint()),
    ])
    func sections(section: String, attachment: XDPAttachPoint) throws {
        let program = try object("SEC(\"\(section)\") int entry(void *ctx) { return 2; }").programs[0]
        #expect(program.attachPoint == attachment)
        #expect(program.type == .xdp)
    }
}
