/// A field of the wire form; `nextImm` is the `imm` of `LDDW`'s second slot.
public enum InstructionField: String, CaseIterable, Hashable, Sendable {
    case dst, src, offset, imm
    case nextImm = "next_imm"
}

extension Instruction {
    /// Value of a field of this slot, registers and selectors unsigned, `offset` and `imm` signed.
    func value(of field: InstructionField) -> Int32 {
        switch field {
        case .dst: Int32(dst)
        case .src: Int32(src)
        case .offset: Int32(offset)
        case .imm: imm
        case .nextImm: 0
        }
    }

    /// Sets a field of this slot to the bits of `value` that it has room for.
    mutating func set(_ field: InstructionField, to value: Int32) {
        switch field {
        case .dst: dst = UInt8(truncatingIfNeeded: value)
        case .src: src = UInt8(truncatingIfNeeded: value)
        case .offset: offset = Int16(truncatingIfNeeded: value)
        case .imm: imm = value
        case .nextImm: break
        }
    }
}
