import ISA
import Testing

@testable import Engine

/// Every instruction in every pair of registers, with operands, immediates and offsets at the edges: native code leaves
/// the same registers and memory as the interpreter.
@Suite struct InstructionSuiteTests {
    static let words: [UInt64] = [
        0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x1_0000_0000,
        0x1234_5678_9ABC_DEF0, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0xFFFF_FFFF_FFFF_FF80, .max,
    ]
    static let immediates: [Int32] = [
        0, 1, 2, 3, 31, 32, 33, 63, 64, 127, 128, 129, 255, 256, 0xFFFF, 0x1_0000, 0x4000_0000, .max, .min, -1, -2,
        -127, -128, -129, -256,
    ]
    static let pairs: [(UInt8, UInt8)] = (UInt8(0)..<10).flatMap { dst in (UInt8(0)..<10).map { (dst, $0) } }

    private static func entries(_ forms: Set<OperandForm>) -> [InstructionTable.Entry] {
        InstructionTable.entries.filter { forms.contains($0.operands) }
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
            code += try Assembler.assemble("ldxdw r\(dst), [r10\(first)]\nldxdw r\(src), [r10\(second)]")
            code += try body(dst, src)
            code += after
        }
        return code + (try Assembler.assemble("exit"))
    }

    /// Runs `code` on pairs of words; a difference is looked for pair by pair.
    private static func check(_ entry: InstructionTable.Entry, _ body: (UInt8, UInt8) throws -> [Instruction]) throws {
        for isVerified in [true, false] {
            let all = NativePair(try program(pairs, body), isVerified: isVerified)
            for (index, word) in words.enumerated() {
                // Each operand meets itself, the least, the greatest and some between.
                let others =
                    isVerified ? [index, index * 7 + 3, index * 5 + 1, 0, 1, words.count - 1] : [index * 7 + 3]
                for other in others.map({ words[$0 % words.count] }) {
                    let result = all.run([word, other], "\(entry.mnemonic) \(entry.operands) \(word) \(other)")
                    #expect(result.fault == .none)
                }
            }
        }
    }

    @Test(arguments: entries([.aluReg, .unary]))
    func registers(entry: InstructionTable.Entry) throws {
        try Self.check(entry) { dst, src in [Self.instruction(entry, dst, entry.operands == .unary ? 0 : src)] }
    }

    @Test(arguments: entries([.aluImm]))
    func immediates(entry: InstructionTable.Entry) throws {
        // One register by immediate, in place of one by the other.
        let code = try Self.program((UInt8(0)..<10).map { ($0, ($0 + 1) % 10) }) { dst, src in
            try Self.immediates.flatMap { imm in
                [Self.instruction(entry, dst, imm: imm)]
                    + (try Assembler.assemble("add r\(src), r\(dst)\nmul r\(src), 31\nldxdw r\(dst), [r10-8]"))
            }
        }
        let pair = NativePair(code)
        for word in Self.words { pair.run([word, 5], "\(entry.mnemonic) \(word)") }
    }

    @Test(arguments: entries([.jumpReg]))
    func jumps(entry: InstructionTable.Entry) throws {
        try Self.check(entry) { dst, src in
            [Self.instruction(entry, dst, src, offset: 1)] + (try Assembler.assemble("add r\(dst), 77"))
        }
    }

    @Test(arguments: entries([.jumpImm]))
    func jumpsByImmediate(entry: InstructionTable.Entry) throws {
        let code = try Self.program((UInt8(0)..<10).map { ($0, ($0 + 1) % 10) }) { dst, src in
            try Self.immediates.flatMap { imm in
                [Self.instruction(entry, dst, offset: 1, imm: imm)]
                    + (try Assembler.assemble("add r\(src), \(imm)\nmul r\(src), 31"))
            }
        }
        let pair = NativePair(code)
        for word in Self.words + Self.immediates.map({ UInt64(bitPattern: Int64($0)) }) {
            pair.run([word, 5], "\(entry.mnemonic) \(word)")
        }
    }

    static let offsets: [Int16] = [0, 1, 4, 127, 128, -1, -127, -128, -129, 255, 32_000, .max, -32_000, .min]

    /// Base and value in every pair of registers; what base and offset add up to is in the stack.
    @Test(arguments: entries([.load, .storeReg, .storeImm, .atomic]))
    func accesses(entry: InstructionTable.Entry) throws {
        for offset in Self.offsets {
            let distance = Self.area - Int(offset)
            let code = try Self.program(Self.pairs) { dst, src in
                let isLoad = entry.operands == .load
                let base = isLoad ? src : dst
                let seed = dst == src && !isLoad ? "" : "ldxdw r\(isLoad ? dst : src), [r10-16]\n"
                let prepare = try Assembler.assemble(
                    "ldxdw r0, [r10-8]\nstxdw [r10\(Self.area)], r0\n\(seed)"
                        + "mov r\(base), r10\nadd r\(base), \(distance)")
                // Addresses differ between the engines, numbers in the stack may not.
                let conceal = try Assembler.assemble(
                    isLoad && dst == src
                        ? "" : (dst == src ? "stdw [r10\(Self.area)], 1\n" : "") + "mov r\(base), 0")
                let imm: Int32 = entry.operands == .storeImm ? -3 : 0
                return prepare + [Self.instruction(entry, dst, src, offset: offset, imm: imm)] + conceal
            }
            let pair = NativePair(code)
            for word in [Self.words[3], Self.words[9], Self.words[12], .max] {
                pair.run([word, 0x8765_4321_FEDC_BA98], "\(entry.mnemonic) \(offset)")
                pair.run([word, word], "\(entry.mnemonic) \(offset)")
            }
        }
    }

    @Test func stackPointerAsBaseAndOperand() throws {
        let pair = try NativePair(
            """
            mov r6, 7
            stxdw [r10-8], r6
            stxdw [r10-512], r6
            lock fetch_add [r10-8], r6
            mov r2, r10
            sub r2, r10
            mov r3, r10
            add r3, -512
            ldxdw r4, [r3+0]
            jne r10, r3, next
            mov r4, 99
            next:
            jgt r10, r3, last
            mov r4, 98
            last:
            ldxdw r0, [r10-8]
            add r0, r2
            add r0, r4
            add r0, r6
            exit
            """)
        #expect(pair.run().value == 28)
    }

    @Test func wideImmediates() throws {
        for register in 0..<10 {
            for word in Self.words {
                let value = Int64(bitPattern: word)
                let pair = try NativePair("lddw r\(register), \(value)\nmov r0, r\(register)\nexit")
                #expect(pair.run().value == word)
            }
        }
    }
}
