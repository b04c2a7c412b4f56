import Object
import Testing

/// What is not offered is refused, with a message that names section, offset and what it is about.
@Suite struct RefusalTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var source: String
        var options: [String] = ["-O2", "-g"]
        var kind: ObjectError.Kind
        var section: String?
        /// Whether the error says where in the section.
        var hasOffset = true
        var words: [String]
        var testDescription: String { name }
    }

    private static let head = """
        #define SEC(name) __attribute__((section(name), used))
        typedef unsigned int u32;

        """

    static let cases = [
        Case(
            name: "kernel function",
            source: """
                extern int bpf_some_kfunc(int) __attribute__((section(".ksyms")));
                SEC("xdp") int entry(void *context) { return bpf_some_kfunc(1); }
                """, kind: .unresolved, section: "xdp", words: ["\"bpf_some_kfunc\"", "no kernel function"]),
        Case(
            name: "another hook of Linux",
            source: """
                SEC("tc") int entry(void *context) { return 0; }
                """, kind: .unsupported, section: "tc", hasOffset: false, words: ["\"entry\"", "another hook of Linux"]),
        Case(
            name: "kernel configuration",
            source: """
                extern int CONFIG_NET __attribute__((section(".kconfig")));
                SEC("xdp") int entry(void *context) { return CONFIG_NET; }
                """, kind: .unresolved, section: ".kconfig", hasOffset: false, words: ["\"CONFIG_NET\""]),
        Case(
            name: "function of another object",
            source: """
                int elsewhere(int);
                SEC("xdp") int entry(void *context) { return elsewhere(1); }
                """, kind: .unresolved, section: "xdp", words: ["\"elsewhere\" is defined nowhere"]),
        Case(
            name: "typed map without BTF",
            source: """
                struct { int (*type)[1]; } table SEC(".maps");
                SEC("xdp") int entry(void *context) { return 0; }
                """, options: ["-O2"], kind: .unresolved, section: ".maps", hasOffset: false, words: ["-g"]),
        Case(
            name: "typed map without a type",
            source: """
                struct { int (*max_entries)[1]; } table SEC(".maps");
                """, kind: .malformed, section: ".maps", words: ["map \"table\" has no type"]),
        Case(
            name: "typed map with an unknown type",
            source: """
                struct { int (*type)[77]; } table SEC(".maps");
                """, kind: .unsupported, section: ".maps", words: ["map \"table\"", "unknown type 77"]),
        Case(
            name: "typed map with an unknown attribute",
            source: """
                struct { int (*type)[1]; int (*colour)[2]; } table SEC(".maps");
                """, kind: .unsupported, section: ".maps", words: ["map \"table\"", "\"colour\""]),
        Case(
            name: "typed map of no maps",
            source: """
                struct { int (*type)[12]; u32 values; } table SEC(".maps");
                """, kind: .malformed, section: ".maps", words: ["map \"table\"", "\"values\""]),
        Case(
            name: "typed map of maps of maps",
            source: """
                struct inner { int (*type)[12]; };
                struct { int (*type)[13]; struct inner *values[]; } table SEC(".maps");
                """, kind: .unsupported, section: ".maps", words: ["map \"table\"", "maps that hold maps"]),
        Case(
            name: "typed map with two sizes",
            source: """
                struct { int (*type)[1]; int (*key_size)[8]; u32 *key; } table SEC(".maps");
                """, kind: .malformed, section: ".maps", words: ["key_size 8", "4 bytes"]),
        Case(
            name: "typed map with an incomplete key",
            source: """
                struct missing;
                struct { int (*type)[1]; struct missing *key; } table SEC(".maps");
                """, kind: .malformed, section: ".maps", words: ["key type without a size"]),
        Case(
            name: "pointer in data",
            source: """
                int number;
                int *const pointers[2] SEC(".data") = {0, &number};
                SEC("xdp") int entry(void *context) { return *pointers[1]; }
                """, kind: .unsupported, section: ".data", words: ["pointer to \"number\""]),
        Case(
            name: "reference to the license",
            source: """
                volatile char text[4] SEC("license") = "GPL";
                SEC("xdp") int entry(void *context) { return text[1]; }
                """, kind: .unsupported, section: "xdp", words: ["section license"]),
        Case(
            name: "data beyond the limit", source: "char large[65 << 20];", kind: .tooLarge, section: ".bss",
            hasOffset: false, words: ["64 MiB"]),
    ]

    @Test(arguments: cases) func isRefused(_ test: Case) throws {
        let bytes = try Compiler.object(source: Self.head + test.source, test.options)
        let error = try #require(#expect(throws: ObjectError.self) { try ObjectFile(elf: bytes) })
        #expect(error.kind == test.kind && error.section == test.section, "\(error)")
        #expect((error.offset != nil) == test.hasOffset, "\(error)")
        for word in test.words { #expect(error.message.contains(word), "\(error)") }
        if let section = test.section { #expect(error.description.hasPrefix("section \(section)")) }
    }

    @Test(arguments: [
        (["-target", "bpfeb"], "little endian"), (["-target", "x86_64-linux-gnu"], "not for BPF"),
        (["-target", "i386-linux-gnu"], "not a 64-bit ELF"), (["-target", "bpf", "-emit-llvm"], "not an ELF file"),
    ])
    func otherTargets(_ options: [String], _ message: String) throws {
        let bytes = try Compiler.object("lines.c", ["-O2"] + options)
        let error = try #require(#expect(throws: ObjectError.self) { try ObjectFile(elf: bytes) })
        #expect(error.message.contains(message), "\(error)")
        #expect(error.section == nil)
    }

    /// One byte of the header changed.
    @Test(arguments: [
        (0, 0, "not an ELF file"), (6, 9, "unknown ELF version 9"), (16, 2, "not a relocatable object (e_type 2)"),
        (16, 3, "not a relocatable object (e_type 3)"), (18, 3, "not for BPF (e_machine 3)"),
        (58, 63, "section headers of 63 bytes"), (47, 0xff, "is no size"), (42, 0xff, "section header table"),
        (60, 0xff, "don't fit the file"), (62, 0xff, "section names in section 255"),
    ])
    func otherHeaders(_ offset: Int, _ value: UInt8, _ message: String) throws {
        var bytes = try Compiler.object("lines.c", ["-O2"])
        bytes[offset] = value
        let error = try #require(#expect(throws: ObjectError.self) { try ObjectFile(elf: bytes) })
        #expect(error.description.contains(message), "\(error)")
    }

    /// Sections that share bytes could make a small file take for ever.
    @Test func sectionsThatOverlap() throws {
        var bytes = try Compiler.object("lines.c", ["-O2"])
        func number(_ offset: Int, _ count: Int) -> Int {
            (0..<count).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
        }
        let header = number(40, 8) + 2 * 64
        for (offset, value) in [(24, 0), (32, bytes.count)] {
            for index in 0..<8 { bytes[header + offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index)) }
        }
        let error = try #require(#expect(throws: ObjectError.self) { try ObjectFile(elf: bytes) })
        #expect(error.message.contains("sections overlap"), "\(error)")
    }

    /// Objects with little or nothing in them are objects all the same.
    @Test(arguments: ["", "static int unused(void) { return 0; }", "int number = 3;"])
    func emptyIsFine(_ source: String) throws {
        let object = try ObjectFile(elf: Compiler.object(source: source))
        #expect(object.programs.isEmpty)
        #expect(object.maps.count == (source.contains("number") ? 1 : 0))
    }
}

@Suite struct SectionNameTests {
    @Test(
        arguments: [
            ("vale", ProgramType.vale), ("vale/bridge", .vale), ("xdp", .xdp), ("xdp/devmap", .xdp),
            ("xdp_filter", .xdp),
            ("xdp.frags", .xdp), ("xdp.frags/devmap", .xdp), ("prog", nil), (".text", nil), ("valet", nil),
            ("xdpx", nil),
            ("tc", nil), ("1/0", nil), ("", nil), ("a/vale", nil),
        ] as [(String, ProgramType?)])
    func sectionSaysType(_ section: String, _ type: ProgramType?) {
        #expect(ProgramType(section: section) == type)
    }
}
