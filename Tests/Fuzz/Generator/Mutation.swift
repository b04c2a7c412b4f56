import ISA

extension GeneratedProgram {
    /// The program with one to three fields of its instructions changed.
    public func mutated(_ random: inout Random) -> GeneratedProgram {
        var copy = self
        copy.features.insert(.mutated)
        for _ in 0..<random.pick(1...3) {
            let slot = random.pick(0...instructions.count - 1)
            // Second slots of LDDW are zero but for imm.
            guard copy.instructions[slot].opcode != 0 else { continue }
            var insn = copy.instructions[slot]
            guard let entry = InstructionTable.entry(for: insn) else { continue }
            func holds(_ field: InstructionField, _ role: OperandForm.Role) -> Bool { entry.role(of: field) == role }
            switch random.pick(0...9) {
            case 0...1 where holds(.dst, .register): insn.dst = UInt8(random.pick(0...9))
            case 2 where holds(.src, .register): insn.src = UInt8(random.pick(0...10))
            case 3...4 where holds(.imm, .value): insn.imm = random.edgeImm()
            case 5 where holds(.imm, .value): insn.imm &+= Int32(random.pick([-8, -1, 1, 8]))
            case 6 where holds(.offset, .value): insn.offset &+= Int16(random.pick([-8, -4, -2, -1, 1, 2, 4, 8]))
            default:
                // Another operation with the same operands.
                let others = InstructionTable.entries.filter {
                    $0.operands == entry.operands && $0.operation != entry.operation
                        && ![.callKfunc, .callx].contains($0.operation)
                }
                guard let other = others.randomElement(using: &random) else { continue }
                insn = Instruction(
                    other.operation, dst: Int(insn.dst), src: Int(insn.src),
                    offset: holds(.offset, .value) ? Int(insn.offset) : 0, imm: holds(.imm, .value) ? insn.imm : 0)
            }
            copy.instructions[slot] = insn
        }
        return copy
    }
}
