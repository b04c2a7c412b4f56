import Glibc
import Object
import TestSupport
import Testing

/// Whatever the bytes are, reading them ends in an object or in an error. A trap ends the test run.
@Suite struct HostileObjectTests {
    /// Mutations of each kind for each seed; SWALE_FUZZ_ROUNDS sets another number for long runs.
    static let rounds = getenv("SWALE_FUZZ_ROUNDS").flatMap { Int(String(cString: $0)) } ?? 400

    static let seeds: [(String, [String])] = [
        ("everything.c", ["-O2", "-g"]), ("data.c", ["-O2"]), ("btf_kinds.c", ["-O2", "-g"]),
        ("examples/vale_bridge.c", ["-O2"]),
    ]

    /// Uses what was read as a program would that shows it.
    private func read(_ bytes: [UInt8]) {
        guard var object = try? ObjectFile(elf: bytes) else { return }
        for program in object.programs {
            precondition(program.functions.first?.start == 0)
            precondition(program.functions.allSatisfy { program.instructions.indices.contains($0.start) })
            precondition(program.lines.allSatisfy { program.instructions.indices.contains($0.instruction) })
            for instruction in program.instructions where instruction.isWide && (1...2).contains(instruction.src) {
                precondition(object.maps.indices.contains(Int(instruction.imm)))
            }
        }
        for variable in object.variables {
            try? object.apply(constants: [(variable.name, [UInt8](repeating: 1, count: variable.size))])
        }
        guard let btf = object.btf else { return }
        for id in btf.types.indices {
            _ = btf.size(of: BTF.TypeID(id))
            _ = btf.typeName(BTF.TypeID(id))
        }
    }

    @Test(arguments: [("examples/nologic.c", ["-O2"]), ("lines.c", ["-O2", "-g"])])
    func everyTruncation(_ file: String, _ options: [String]) throws {
        let bytes = try Compiler.object(file, options)
        _ = try ObjectFile(elf: bytes)
        // The section header table is at the end: no shorter file is an object.
        for count in 0..<bytes.count {
            #expect(throws: ObjectError.self, "\(count) bytes") { try ObjectFile(elf: [UInt8](bytes.prefix(count))) }
        }
    }

    @Test(arguments: seeds) func flippedBytes(_ file: String, _ options: [String]) throws {
        let bytes = try Compiler.object(file, options)
        var generator = SplitMix(seed: 1)
        for _ in 0..<Self.rounds {
            var mutated = bytes
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                mutated[Int.random(in: 0..<bytes.count, using: &generator)] ^= UInt8.random(
                    in: 1...255, using: &generator)
            }
            read(mutated)
        }
    }

    /// Fields of headers, symbols, relocations and BTF set to numbers that break sums.
    @Test(arguments: seeds) func oddNumbers(_ file: String, _ options: [String]) throws {
        let bytes = try Compiler.object(file, options)
        var generator = SplitMix(seed: 2)
        let odd: [UInt64] = [
            0, 1, 7, 8, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x7fff_ffff_ffff_ffff,
            0x8000_0000_0000_0000, 0xffff_ffff_ffff_fff8, UInt64.max, UInt64(bytes.count), UInt64(bytes.count - 1),
        ]
        let areas = interestingAreas(bytes)
        for _ in 0..<Self.rounds {
            var mutated = bytes
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let area = areas.randomElement(using: &generator) ?? 0..<64
                let width = [1, 2, 4, 8].randomElement(using: &generator) ?? 4
                let offset = Int.random(in: area, using: &generator) & ~(width - 1)
                let value = odd.randomElement(using: &generator) ?? 0
                for index in 0..<width where offset + index < mutated.count {
                    mutated[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))
                }
            }
            read(mutated)
        }
    }

    /// One part of the file copied over another: tables with entries of the wrong kind.
    @Test(arguments: seeds) func movedParts(_ file: String, _ options: [String]) throws {
        let bytes = try Compiler.object(file, options)
        var generator = SplitMix(seed: 3)
        for _ in 0..<Self.rounds {
            var mutated = bytes
            let count = Int.random(in: 1...64, using: &generator)
            let from = Int.random(in: 0...(bytes.count - count), using: &generator)
            let to = Int.random(in: 0...(bytes.count - count), using: &generator)
            mutated.replaceSubrange(to..<(to + count), with: bytes[from..<(from + count)])
            read(mutated)
        }
    }

    /// The ELF header, the section headers, and the sections that the loader reads.
    private func interestingAreas(_ bytes: [UInt8]) -> [Range<Int>] {
        func number(_ offset: Int, _ count: Int) -> Int {
            (0..<count).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
        }
        let table = number(40, 8)
        let count = number(60, 2)
        var areas = [0..<64, table..<(table + count * 64)]
        for header in stride(from: table, to: table + count * 64, by: 64) {
            let offset = number(header + 24, 8)
            let size = number(header + 32, 8)
            // Not SHT_NOBITS; 1 and up to 4 KiB: debugging information is larger.
            if number(header + 4, 4) != 8 && (1...4096).contains(size) { areas.append(offset..<(offset + size)) }
        }
        return areas
    }
}
