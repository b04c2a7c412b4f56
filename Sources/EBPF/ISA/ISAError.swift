/// Why bytes are not a program. `at` is the index of an instruction slot.
public enum ISAError: Error, Hashable, Sendable {
    /// Bytes that are not a whole number of slots.
    case length(bytes: Int)
    case empty
    case unknownOpcode(UInt8, at: Int)
    /// An opcode with a selector that names no instruction.
    case unknownSelector(opcode: UInt8, InstructionField, Int32, at: Int)
    case badRegister(UInt8, at: Int)
    /// r10 as the register that an instruction writes.
    case writesFramePointer(at: Int)
    /// A field that the instruction does not use and that is not zero.
    case reserved(InstructionField, Int32, at: Int)
    /// `LDDW` in the last slot.
    case truncatedWide(at: Int)
    /// A second slot of `LDDW` with more than `imm` in it.
    case badSecondSlot(at: Int)
    case jumpOutside(target: Int, at: Int)
    case jumpIntoWide(target: Int, at: Int)
    /// Execution would run past the last instruction.
    case fallsOffEnd(at: Int)
}

extension ISAError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .length(let bytes): "\(bytes) bytes are not a whole number of 8-byte instructions"
        case .empty: "no instructions"
        case .unknownOpcode(let opcode, let at): "insn \(at): unknown opcode \(hex(opcode))"
        case .unknownSelector(let opcode, let field, let value, let at):
            "insn \(at): opcode \(hex(opcode)) has no form with \(field.rawValue) \(value)"
        case .badRegister(let register, let at): "insn \(at): no register r\(register)"
        case .writesFramePointer(let at): "insn \(at): r10 is read only"
        case .reserved(let field, let value, let at):
            "insn \(at): \(field.rawValue) is reserved, expected 0, got \(value)"
        case .truncatedWide(let at): "insn \(at): lddw without its second slot"
        case .badSecondSlot(let at): "insn \(at): second slot of lddw holds more than imm"
        case .jumpOutside(let target, let at): "insn \(at): target \(target) is outside the program"
        case .jumpIntoWide(let target, let at): "insn \(at): target \(target) is the second slot of lddw"
        case .fallsOffEnd(let at): "insn \(at): execution falls off the end of the program"
        }
    }
}

/// `0x0f`: two digits.
func hex(_ byte: UInt8) -> String {
    "0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
}
