import Object
import Testing

/// Objects as other projects, and other times, have made them.
@Suite struct StyleTests {
    private static let definition = """
        #define SEC(name) __attribute__((section(name), used))
        struct map { unsigned type, key_size, value_size, max_entries, map_flags; };
        static void *(*lookup)(void *map, void *key) = (void *)1;

        """

    /// As gobpf and the first loaders of Cilium have them.
    @Test func everyMapHasASection() throws {
        let source =
            Self.definition + """
                SEC("maps/hosts") struct map hosts = {1, 4, 8, 10, 0};
                SEC("maps/ports") struct map ports = {2, 4, 4, 20, 0};
                SEC("xdp") int program(void *context) { int key = 0; return lookup(&ports, &key) && lookup(&hosts, &key); }
                """
        let object = try ObjectFile(elf: Compiler.object(source: source))
        #expect(object.maps.map(\.name) == ["hosts", "ports"])
        #expect(object.maps.map(\.attributes.maxEntries) == [10, 20])
        #expect(object.programs[0].instructions.filter(\.isWide).map(\.imm) == [1, 0])
    }

    /// A section was a program, and its function nobody's business.
    @Test func staticFunctionsMayBeEntries() throws {
        let source =
            Self.definition + """
                static __attribute__((noinline)) int shared(int x) { return x * x; }
                SEC("xdp/one") static int first(int *context) { return shared(context[0]); }
                SEC("prog") static int second(int *context) { return shared(context[1]); }
                SEC("mixed") static __attribute__((noinline)) int inner(int x) { return x + 1; }
                SEC("mixed") int third(int *context) { return inner(context[2]); }
                """
        let object = try ObjectFile(elf: Compiler.object(source: source))
        #expect(object.programs.map(\.name) == ["first", "second", "third"])
        #expect(object.programs.map(\.type) == [.xdp, nil, nil])
        #expect(
            object.programs.map { $0.functions.map(\.name) } == [
                ["first", "shared"], ["second", "shared"], ["third", "inner"],
            ])
    }

    /// Half of a tool's object is often for another hook, with what only the kernel has.
    @Test func functionsForOtherHooksAreSkipped() throws {
        let source =
            Self.definition + """
                extern int bpf_some_kfunc(int) SEC(".ksyms");
                SEC("xdp") int in(int *context) { return context[0]; }
                SEC("tc") int out(int *context) { return bpf_some_kfunc(context[1]); }
                SEC("tc/egress") int out2(int *context) { return 0; }
                SEC("fentry.s/do_unlinkat") int trace(int *context) { return 0; }
                SEC("tcp") int mine(int *context) { return 2; }
                """
        let object = try ObjectFile(elf: Compiler.object(source: source))
        #expect(object.programs.map(\.name) == ["in", "mine"])
        #expect(object.skipped.map(\.name) == ["out", "out2", "trace"])
        #expect(object.skipped.map(\.section) == ["tc", "tc/egress", "fentry.s/do_unlinkat"])
    }

    @Test func symbolsWithoutAType() throws {
        let source = """
            asm(".section xdp,\\"ax\\",@progbits\\n.globl program\\nprogram:\\nr0 = 2\\nif r1 == 0 goto LBB0_1\\nr0 = 1\\n"
                "LBB0_1:\\nexit\\n.globl other\\nother:\\nr0 = 0\\nexit\\n.text\\n");
            """
        let object = try ObjectFile(elf: Compiler.object(source: source, ["-O2"]))
        #expect(object.programs.map(\.name) == ["program", "other"])
        #expect(object.programs.map(\.instructions.count) == [4, 2])
    }

    /// iproute2's tail calls: sections `ID/KEY`.
    @Test func numberedSectionsAreTails() throws {
        let source = """
            #define SEC(name) __attribute__((section(name), used))
            struct map { unsigned type, key_size, value_size, max_entries, flags, id, pinning, inner_id, inner_idx; };
            SEC("maps") struct map jump = {3, 4, 4, 8, 0, 0x2a};
            SEC("maps") struct map other = {3, 4, 4, 8, 0, 7};
            static void (*tail)(void *context, void *map, unsigned index) = (void *)12;
            SEC("42/0") int first(void *context) { return 1; }
            SEC("0x2a/0x5") int second(void *context) { tail(context, &jump, 0); return 2; }
            SEC("7/1") int third(void *context) { tail(context, &other, 1); return 3; }
            SEC("8/1") int nowhere(void *context) { return 4; }
            SEC("prog") int start(void *context) { tail(context, &jump, 5); return 5; }
            """
        let object = try ObjectFile(elf: Compiler.object(source: source))
        #expect(
            object.maps.map(\.values) == [
                [MapDefinition.Value(index: 0, name: "first"), MapDefinition.Value(index: 5, name: "second")],
                [MapDefinition.Value(index: 1, name: "third")],
            ])
        #expect(object.programs.count == 5)
    }
}
