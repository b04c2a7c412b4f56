import ISA

/// Registers that may still be read, before each slot: worked out here once more, apart from the verifier's own liveness,
/// so that a mistake of either shows. Never more than may be read.
struct LiveRegisters {
    /// Bit n is rn, r0 to r9.
    private(set) var masks: [UInt16]

    init(_ code: [Instruction]) {
        masks = [UInt16](repeating: 0, count: code.count + 1)
        let operations = code.map { InstructionTable.operation(of: $0) }
        let starts = Set(
            code.indices.compactMap { operations[$0] == .callLocal ? $0 + 1 + Int(code[$0].imm) : nil })
        let mainEnd = starts.min() ?? code.count
        var changed = true
        while changed {
            changed = false
            for slot in code.indices.reversed() {
                guard let operation = operations[slot] else { continue }
                var live = masks[slot]
                switch operation {
                // What a subprogram's caller does with r0 differs from call to call.
                case .exit: live = slot < mainEnd ? 1 : 0
                case .ja: live = masks(at: slot + 1 + Int(code[slot].offset))
                case .ja32: live = masks(at: slot + 1 + Int(code[slot].imm))
                case .callLocal:
                    live = masks(at: slot + 1) & ~0x3F | masks(at: slot + 1 + Int(code[slot].imm)) & 0x3E
                case .callHelper:
                    let arguments: UInt16 =
                        switch code[slot].imm {
                        case 1, 3: 0b110
                        case 2: 0b11110
                        default: 0
                        }
                    live = masks(at: slot + 1) & ~0x3F | arguments
                default: live = before(operation, code[slot], slot)
                }
                if live != masks[slot] {
                    masks[slot] = live
                    changed = true
                }
            }
        }
    }

    private func masks(at slot: Int) -> UInt16 { masks.indices.contains(slot) ? masks[slot] : 0 }

    private func before(_ operation: Operation, _ insn: Instruction, _ slot: Int) -> UInt16 {
        let dst = UInt16(1) << UInt16(insn.dst)
        let src = UInt16(1) << UInt16(insn.src)
        var live = masks(at: slot + (insn.isWide ? 2 : 1))
        switch InstructionTable.entry(of: operation).operands {
        case .aluImm:
            live &= ~dst
            if operation != .mov64Imm && operation != .mov32Imm { live |= dst }
        case .aluReg:
            live &= ~dst
            live |= src
            switch operation {
            case .mov64Reg, .mov32Reg, .movsx8to64, .movsx16to64, .movsx32to64, .movsx8to32, .movsx16to32: break
            default: live |= dst
            }
        case .unary: live |= dst
        case .load: live = live & ~dst | src
        case .wide: live &= ~dst
        case .storeImm: live |= dst
        case .storeReg: live |= dst | src
        case .atomic:
            if operation == .atomicCmpxchg32 || operation == .atomicCmpxchg64 { live |= 1 }
            live |= dst | src
        case .jumpImm: live |= dst | masks(at: slot + 1 + Int(insn.offset))
        case .jumpReg: live |= dst | src | masks(at: slot + 1 + Int(insn.offset))
        default: break
        }
        return live & 0x3FF
    }
}
