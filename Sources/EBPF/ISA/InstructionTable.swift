/// The instructions of RFC 9669, one entry each: what decoder, assembler, disassembler and engine are checked against.
public enum InstructionTable {
    /// One instruction.
    public struct Entry: Hashable, Sendable {
        public let operation: Operation
        public let opcode: UInt8
        /// As the assembler writes it: `add32`, `lock fetch_add`. Forms with imm and with src share one.
        public let mnemonic: String
        public let operands: OperandForm
        /// What tells this instruction from others of the same opcode.
        public let selector: Selector?
        /// Smallest group that holds it.
        public let group: ConformanceGroup
        /// Section of RFC 9669 that defines it.
        public let section: String

        /// Whether `instruction` is this one. Its unused fields are not looked at.
        public func matches(_ instruction: Instruction) -> Bool {
            guard instruction.opcode == opcode else { return false }
            guard let selector else { return true }
            return instruction.value(of: selector.field) == selector.value
        }

        /// What a field of this instruction holds; a selector's field counts as unused.
        public func role(of field: InstructionField) -> OperandForm.Role {
            selector?.field == field ? .unused : operands.role(of: field)
        }
    }

    /// A field and the value that it must have.
    public struct Selector: Hashable, Sendable {
        public let field: InstructionField
        public let value: Int32
    }

    /// Every instruction, in the order of `Operation`.
    public static let entries: [Entry] =
        alu64 + alu32 + movsx + swaps + jumps(.jmp64) + jumps(.jmp32) + jumpsAlways + calls + loads + stores
        + atomics(.atomic32) + atomics(.atomic64) + wideAndPacket

    /// The entry of `operation`.
    public static func entry(of operation: Operation) -> Entry { entries[Int(operation.rawValue)] }

    /// Entries with this opcode; they differ by selector.
    public static func entries(opcode: UInt8) -> [Entry] { byOpcode[Int(opcode)].map { entries[$0] } }

    /// The instruction that opcode and selector name; nil if there is none. Unused fields are not looked at.
    public static func entry(for instruction: Instruction) -> Entry? {
        for index in byOpcode[Int(instruction.opcode)] where entries[index].matches(instruction) {
            return entries[index]
        }
        return nil
    }

    /// The operation that opcode and selector name; nil if there is none.
    public static func operation(of instruction: Instruction) -> Operation? {
        onlyOperations[Int(instruction.opcode)] ?? entry(for: instruction)?.operation
    }

    /// Of opcodes that need no selector, without a copy of the entry.
    private static let onlyOperations: [Operation?] = byOpcode.map { indices in
        guard indices.count == 1, entries[indices[0]].selector == nil else { return nil }
        return entries[indices[0]].operation
    }

    /// Indices of entries, by opcode.
    private static let byOpcode: [[Int]] = {
        var table = [[Int]](repeating: [], count: 256)
        for (index, entry) in entries.enumerated() { table[Int(entry.opcode)].append(index) }
        return table
    }()
}
