import ISA

/// Every instruction in every pair of registers, with operands, immediates and offsets at the edges, as programs that add
/// up in r0 what registers and memory hold afterwards.
enum InstructionSuite {
    /// A program, and the memory that it is to be run on.
    struct Case {
        var name: String
        var code: [Instruction]
        var inputs: [[UInt64]]
        var isVerified = true
    }

    static let words: [UInt64] = [
        0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x1_0000_0000,
        0x1234_5678_9ABC_DEF0, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0xFFFF_FFFF_FFFF_FF80, .max,
    ]
    static let immediates: [Int32] = [
        0, 1, 2, 3, 31, 32, 33, 63, 64, 127, 128, 129, 255, 256, 0xFFFF, 0x1_0000, 0x4000_0000, .max, .min, -1, -2,
        -127, -128, -129, -256, 4095, 4096, -4095, -4096, 0xFF_F000, 0x100_0000, 0x1FE0, 0x5555_5555, -0x5555_5556,
    ]
    static let offsets: [Int16] = [
        0, 1, 4, 127, 128, -1, -127, -128, -129, 255, 256, -256, -257, 4095, 4096, 16380, 32_000, 32_760, .max, -32_000,
        .min,
    ]
    /// One for each way in which processors encode them: these meet every pair of registers, the others some.
    private static let wholeOffsets: [Int16] = [0, -128, 255, .max]
    private static let pairs: [(UInt8, UInt8)] = (UInt8(0)..<10).flatMap { dst in (UInt8(0)..<10).map { (dst, $0) } }
    private static let neighbours: [(UInt8, UInt8)] = (UInt8(0)..<10).map { ($0, ($0 + 1) % 10) }

    static func entries(_ forms: Set<OperandForm>) -> [InstructionTable.Entry] {
        InstructionTable.entries.filter { forms.contains($0.operands) }
    }

    /// All cases of an instruction on registers, immediates or memory, or a conditional jump.
    static func cases(_ entry: InstructionTable.Entry) throws -> [Case] {
        switch entry.operands {
        case .aluReg, .unary: try registers(entry)
        case .aluImm: try [immediates(entry)]
        case .jumpReg: try jumps(entry)
        case .jumpImm: try [jumpsByImmediate(entry)]
        default: try offsets.map { try access(entry, $0) }
        }
    }

    /// The instruction of a table's row.
    private static func instruction(
        _ entry: InstructionTable.Entry, _ dst: UInt8, _ src: UInt8 = 0, offset: Int16 = 0, imm: Int32 = 0
    ) -> Instruction {
        var insn = Instruction(opcode: entry.opcode, dst: dst, src: src, offset: offset, imm: imm)
        switch entry.selector?.field {
        case .offset: insn.offset = Int16(entry.selector!.value)
        case .imm: insn.imm = entry.selector!.value
        default: break
        }
        return insn
    }

    // Slots of the stack: the operands, what is to be mixed, the sum.
    private static let (first, second, sum): (Int, Int, Int) = (-8, -16, -24)
    private static let area = -128

    /// `ldxdw` from the stack.
    private static func load(_ dst: UInt8, _ place: Int) -> Instruction {
        Instruction(opcode: 0x79, dst: dst, src: 10, offset: Int16(place))
    }

    /// Code that runs `body` with operands in registers, for each pair, and adds up what all registers hold afterwards.
    private static func program(
        _ pairs: [(UInt8, UInt8)], _ body: (UInt8, UInt8) throws -> [Instruction]
    ) throws -> [Instruction] {
        var code = try Assembler.assemble(
            """
            ldxdw r3, [r1+0]
            stxdw [r10\(first)], r3
            ldxdw r3, [r1+8]
            stxdw [r10\(second)], r3
            stdw [r10\(sum)], 0
            stdw [r10\(area)], 0x1234567
            """)
        let before = try Assembler.assemble(
            (0..<10).map { "lddw r\($0), \(0x0101_0101_0101_0101 * Int64($0 + 3))" }.joined(separator: "\n"))
        let after = try Assembler.assemble(
            (0..<10).map { "stxdw [r10\(-32 - 8 * $0)], r\($0)" }.joined(separator: "\n") + "\n"
                + "ldxdw r0, [r10\(sum)]\n"
                + ((0..<10).map { -32 - 8 * $0 } + [area]).map {
                    "mul r0, 0x01000193\nldxdw r1, [r10\($0)]\nadd r0, r1\n"
                }.joined() + "stxdw [r10\(sum)], r0")
        for (dst, src) in pairs {
            code += before
            code += [load(dst, first), load(src, second)]
            code += try body(dst, src)
            code += after
        }
        return code + (try Assembler.assemble("exit"))
    }

    /// A case on pairs of words; each operand meets itself, the least, the greatest and some between.
    private static func onWords(
        _ entry: InstructionTable.Entry, _ body: (UInt8, UInt8) throws -> [Instruction]
    ) throws -> [Case] {
        let code = try program(pairs, body)
        let name = "\(entry.mnemonic) \(entry.operands)"
        var many: [[UInt64]] = []
        var few: [[UInt64]] = []
        for (index, word) in words.enumerated() {
            few.append([word, words[(index * 7 + 3) % words.count]])
            for other in [index, index * 7 + 3, index * 5 + 1, 0, 1, words.count - 1] {
                many.append([word, words[other % words.count]])
            }
        }
        return [
            Case(name: name, code: code, inputs: many), Case(name: name, code: code, inputs: few, isVerified: false),
        ]
    }

    private static func registers(_ entry: InstructionTable.Entry) throws -> [Case] {
        try onWords(entry) { dst, src in [instruction(entry, dst, entry.operands == .unary ? 0 : src)] }
    }

    private static func jumps(_ entry: InstructionTable.Entry) throws -> [Case] {
        try onWords(entry) { dst, src in
            [instruction(entry, dst, src, offset: 1)] + (try Assembler.assemble("add r\(dst), 77"))
        }
    }

    private static func immediates(_ entry: InstructionTable.Entry) throws -> Case {
        // One register by immediate, in place of one by the other.
        let code = try program(neighbours) { dst, src in
            let mix = try Assembler.assemble("add r\(src), r\(dst)\nmul r\(src), 31\nldxdw r\(dst), [r10-8]")
            return immediates.flatMap { [instruction(entry, dst, imm: $0)] + mix }
        }
        return Case(name: "\(entry.mnemonic) imm", code: code, inputs: words.map { [$0, 5] })
    }

    private static func jumpsByImmediate(_ entry: InstructionTable.Entry) throws -> Case {
        let code = try program(neighbours) { dst, src in
            var mix = try Assembler.assemble("add r\(src), 0\nmul r\(src), 31")
            return immediates.flatMap { imm in
                mix[0].imm = imm
                return [instruction(entry, dst, offset: 1, imm: imm)] + mix
            }
        }
        let inputs = (words + immediates.map { UInt64(bitPattern: Int64($0)) }).map { [$0, 5] }
        return Case(name: "\(entry.mnemonic) imm", code: code, inputs: inputs)
    }

    /// Base and value in every pair of registers; what base and offset add up to is in the stack.
    private static func access(_ entry: InstructionTable.Entry, _ offset: Int16) throws -> Case {
        let distance = area - Int(offset)
        let code = try program(wholeOffsets.contains(offset) ? pairs : neighbours) { dst, src in
            let isLoad = entry.operands == .load
            let base = isLoad ? src : dst
            let seed = dst == src && !isLoad ? "" : "ldxdw r\(isLoad ? dst : src), [r10-16]\n"
            let prepare = try Assembler.assemble(
                "ldxdw r0, [r10-8]\nstxdw [r10\(area)], r0\n\(seed)mov r\(base), r10\nadd r\(base), \(distance)")
            // Addresses differ between the engines, numbers in the stack may not.
            let conceal = try Assembler.assemble(
                isLoad && dst == src
                    ? "" : (dst == src ? "stdw [r10\(area)], 1\n" : "") + "mov r\(base), 0")
            let imm: Int32 = entry.operands == .storeImm ? -3 : 0
            return prepare + [instruction(entry, dst, src, offset: offset, imm: imm)] + conceal
        }
        let seed: UInt64 = 0x8765_4321_FEDC_BA98
        let inputs = [[words[3], seed], [words[9], seed], [words[12], seed], [words[9], words[9]], [.max, .max]]
        return Case(name: "\(entry.mnemonic) \(offset)", code: code, inputs: inputs)
    }
}
