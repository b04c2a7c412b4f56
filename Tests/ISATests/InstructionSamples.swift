import ISA

/// Instructions of every kind with operands at the edges of their fields.
enum InstructionSamples {
    static let registers: [UInt8] = [0, 1, 9, 10]
    static let offsets: [Int16] = [0, 1, -1, 8, .max, .min]
    static let imms: [Int32] = [0, 1, -1, 7, 0xff, .max, .min]

    /// Valid samples of `entry`: one or two slots each.
    static func samples(_ entry: InstructionTable.Entry) -> [[Instruction]] {
        var samples: [[Instruction]] = []
        for dst in values(entry, .dst, registers) {
            for src in values(entry, .src, entry.operands == .wide ? Array(0...6) : registers) {
                for offset in values(entry, .offset, offsets) {
                    for imm in values(entry, .imm, imms) {
                        let insn = Instruction(opcode: entry.opcode, dst: dst, src: src, offset: offset, imm: imm)
                        if entry.operands != .wide {
                            samples.append([insn])
                        } else {
                            let usesNext = [0, 2, 3, 6].contains(src)
                            for next in usesNext ? imms : [0] {
                                samples.append([insn, Instruction(opcode: 0, imm: next)])
                            }
                        }
                    }
                }
            }
        }
        return samples
    }

    private static func values<T: FixedWidthInteger>(
        _ entry: InstructionTable.Entry, _ field: InstructionField, _ edges: [T]
    ) -> [T] {
        if let selector = entry.selector, selector.field == field { return [T(selector.value)] }
        return entry.role(of: field) == .unused ? [0] : edges
    }
}
