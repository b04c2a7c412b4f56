import Testing

@testable import ISA

@Suite struct InstructionTableTests {
    @Test func everyOperationHasItsEntryInOrder() {
        #expect(InstructionTable.entries.map(\.operation) == Operation.allCases)
    }

    @Test func entriesDifferInOpcodeOrSelector() {
        #expect(
            Set(InstructionTable.entries.map { Key(opcode: $0.opcode, selector: $0.selector) }).count
                == Operation.allCases.count)
        #expect(InstructionTable.entries.count == Operation.allCases.count)
    }

    private struct Key: Hashable {
        let opcode: UInt8
        let selector: InstructionTable.Selector?
    }
}
