import ISA

/// Instructions whose jumps lead to labels, until all places are known.
struct CodeBuilder {
    struct Label: Hashable {
        let number: Int
    }

    private(set) var instructions: [Instruction] = []
    private var places: [Int?] = []
    private var jumps: [(slot: Int, label: Label)] = []

    mutating func label() -> Label {
        places.append(nil)
        return Label(number: places.count - 1)
    }

    mutating func place(_ label: Label) { places[label.number] = instructions.count }

    mutating func emit(_ instruction: Instruction) { instructions.append(instruction) }

    /// A jump or a local call.
    mutating func emit(_ instruction: Instruction, to label: Label) {
        jumps.append((instructions.count, label))
        instructions.append(instruction)
    }

    mutating func emitWide(dst: Int, src: Int, imm: Int32, next: Int32) {
        instructions.append(Instruction(opcode: 0x18, dst: UInt8(dst), src: UInt8(src), imm: imm))
        instructions.append(Instruction(opcode: 0, imm: next))
    }

    /// All instructions, with their jumps resolved.
    func linked() -> [Instruction] {
        var code = instructions
        for (slot, label) in jumps {
            let distance = (places[label.number] ?? code.count) - slot - 1
            switch InstructionTable.operation(of: code[slot]) {
            case .callLocal, .ja32: code[slot].imm = Int32(distance)
            default: code[slot].offset = Int16(truncatingIfNeeded: distance)
            }
        }
        return code
    }
}
