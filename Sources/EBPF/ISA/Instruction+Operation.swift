extension Instruction {
    /// The instruction of an operation; the fields that select it are set. Numbers keep what their fields have room for.
    public init(_ operation: Operation, dst: Int = 0, src: Int = 0, offset: Int = 0, imm: Int32 = 0) {
        let entry = InstructionTable.entry(of: operation)
        self.init(
            opcode: entry.opcode, dst: UInt8(truncatingIfNeeded: dst), src: UInt8(truncatingIfNeeded: src),
            offset: Int16(truncatingIfNeeded: offset), imm: imm)
        guard let selector = entry.selector else { return }
        switch selector.field {
        case .src: self.src = UInt8(truncatingIfNeeded: selector.value)
        case .offset: self.offset = Int16(truncatingIfNeeded: selector.value)
        default: self.imm = selector.value
        }
    }
}
