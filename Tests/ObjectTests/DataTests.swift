import ISA
import Object
import Testing

/// Data sections, the variables in them, and options that are set before loading.
@Suite struct DataTests {
    @Test(arguments: [["-O2", "-g"], ["-O2"], ["-O1", "-mcpu=v1"]])
    func sectionsBecomeMaps(_ options: [String]) throws {
        let object = try ObjectFile(elf: Compiler.object("data.c", options))
        let maps = Dictionary(uniqueKeysWithValues: object.maps.map { ($0.name, $0) })
        let expected: [String: [UInt8]] = [
            ".rodata": [10, 0, 0, 0, 1, 2, 3, 4, 5, 6],
            ".rodata.custom": [0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11],
            ".data": [5, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0],
            ".bss": [UInt8](repeating: 0, count: 16),
            ".bss.special": [0, 0, 0, 0],
            ".rodata.str1.1": [UInt8]("a string\0".utf8),
        ]
        #expect(maps.mapValues(\.initialValue) == expected)
        for (name, map) in maps {
            #expect(map.attributes.type == .array && map.attributes.maxEntries == 1 && map.attributes.keySize == 4)
            #expect(map.attributes.valueSize == expected[name]?.count)
            #expect(map.attributes.flags == (name.hasPrefix(".rodata") ? .readOnlyProgram : []))
        }
    }

    @Test(arguments: [["-O2", "-g"], ["-O2"]])
    func variablesAreFound(_ options: [String]) throws {
        let object = try ObjectFile(elf: Compiler.object("data.c", options))
        func place(_ name: String) -> String? {
            object.variable(named: name).map { "\(object.maps[$0.map].name)+\($0.offset):\($0.size)" }
        }
        #expect(place("limit") == ".rodata+0:4")
        #expect(place("address") == ".rodata+4:6")
        #expect(place("wide") == ".rodata.custom+0:8")
        #expect(place("counter") == ".data+0:8")
        #expect(place("quiet") == ".data+12:4")
        #expect(place("reads.calls") == ".data+8:4")
        #expect(place("also.calls") == ".data+16:4")
        #expect(place("zeroed") == ".bss+0:16")
        #expect(place("nothing") == nil)
        #expect(object.variable(named: "limit")?.isConst == true)
        #expect(object.variable(named: "counter")?.isConst == false)
        #expect(object.variable(named: "counter")?.isGlobal == true)
        #expect(object.variable(named: "quiet")?.isGlobal == false)
        if let btf = object.btf {
            func type(_ name: String) -> String { btf.typeName(object.variable(named: name)?.type ?? 0) }
            #expect(type("limit") == "const volatile u32")
            #expect(type("address").hasSuffix("u8[6]"))
            #expect(type("also.calls") == "volatile u32")
        } else {
            #expect(!options.contains("-g"))
        }
    }

    /// Clang leaves sizes and offsets of data sections to the loader.
    @Test func sectionTypesAreCompleted() throws {
        let object = try ObjectFile(elf: Compiler.object("data.c"))
        let btf = try #require(object.btf)
        let data = try #require(object.maps.first { $0.name == ".rodata" })
        guard case .dataSection(let section) = btf.type(try #require(data.valueType)) else {
            Issue.record("the value is a data section")
            return
        }
        #expect(section.size == 10)
        #expect(section.variables.map(\.offset) == [0, 4])
        #expect(section.variables.map(\.size) == [4, 6])
        #expect(btf.size(of: try #require(data.valueType)) == 10)
    }

    @Test func constantsAreApplied() throws {
        var object = try ObjectFile(elf: Compiler.object("data.c"))
        try object.apply(constants: [("limit", [1, 2, 3, 4]), ("quiet", [9, 0, 0, 0])])
        #expect(object.maps.first { $0.name == ".rodata" }?.initialValue == [1, 2, 3, 4, 1, 2, 3, 4, 5, 6])
        #expect(object.maps.first { $0.name == ".data" }?.initialValue?[12] == 9)
    }

    @Test(arguments: [
        ("nothing", 4, ObjectError.Kind.unknownName), ("limit", 3, .badValue), ("limit", 5, .badValue),
        ("counter", 0, .badValue),
    ])
    func badConstantChangesNothing(_ name: String, _ size: Int, _ kind: ObjectError.Kind) throws {
        var object = try ObjectFile(elf: Compiler.object("data.c"))
        let before = object.maps
        let error = #expect(throws: ObjectError.self) {
            try object.apply(constants: [("address", [6, 5, 4, 3, 2, 1]), (name, [UInt8](repeating: 1, count: size))])
        }
        #expect(error?.kind == kind)
        #expect(error?.message.contains("\"\(name)\"") == true)
        #expect(object.maps == before)
    }

    @Test func mapsAreResized() throws {
        var object = try ObjectFile(elf: Compiler.object("everything.c"))
        try object.setMaxEntries(77, map: "table")
        #expect(object.maps.first { $0.name == "table" }?.attributes.maxEntries == 77)
        for (count, name, kind) in [
            (5, "absent", ObjectError.Kind.unknownName), (5, ".rodata", .badValue), (0, "table", .badValue),
            (1 << 32, "table", .badValue), (-1, "table", .badValue),
        ] {
            let error = #expect(throws: ObjectError.self) { try object.setMaxEntries(count, map: name) }
            #expect(error?.kind == kind)
        }
        #expect(object.maps.first { $0.name == "table" }?.attributes.maxEntries == 77)
    }

    /// Each reference into a data section leads to the variable that the source names.
    @Test func referencesLeadToVariables() throws {
        let object = try ObjectFile(elf: Compiler.object("data.c"))
        let code = object.programs[0].instructions
        var places: Set<String> = []
        for index in code.indices where code[index].isWide && code[index].src == 2 {
            places.insert("\(object.maps[Int(code[index].imm)].name)+\(code[index + 1].imm)")
        }
        #expect(places.isSuperset(of: [".rodata+0", ".rodata.custom+0", ".data+0", ".data+8", ".bss.special+0"]))
        #expect(places.contains(".rodata.str1.1+0"))
    }
}
