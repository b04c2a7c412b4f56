import ISA
import Testing

@testable import Engine

/// Every instruction leaves the same registers and memory in native code as in the interpreter.
@Suite struct InstructionSuiteTests {
    @Test(
        arguments: InstructionSuite.entries([
            .aluReg, .unary, .aluImm, .jumpReg, .jumpImm, .load, .storeReg, .storeImm, .atomic,
        ]))
    func instruction(entry: InstructionTable.Entry) throws {
        for item in try InstructionSuite.cases(entry) {
            let pair = NativePair(item.code, isVerified: item.isVerified)
            for input in item.inputs { #expect(pair.run(input, "\(item.name) \(input)").fault == .none) }
        }
    }

    @Test func stackPointerAsBaseAndOperand() throws {
        #expect(try NativePair(Self.stackPointers).run().value == 28)
    }

    static let stackPointers = """
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
        """

    @Test func wideImmediates() throws {
        for register in 0..<10 {
            for word in InstructionSuite.words {
                let value = Int64(bitPattern: word)
                let pair = try NativePair("lddw r\(register), \(value)\nmov r0, r\(register)\nexit")
                #expect(pair.run().value == word)
            }
        }
    }
}
