import ISA

/// Registers whose value is a constant, from one jump target to the next.
struct KnownConstants {
    private var values: [Int64] = [Int64](repeating: 0, count: 11)
    private var known: RegisterSet = 0

    subscript(_ number: UInt8) -> Int64? {
        known & (1 << RegisterSet(number)) != 0 ? values[Int(number)] : nil
    }

    mutating func forgetAll() { known = 0 }

    mutating func note(_ step: NativeStep) {
        if step.form == .omitted { return }
        let bit = RegisterSet(1) << RegisterSet(step.dst)
        switch step.operation {
        case .lddw, .mov64Imm:
            values[Int(step.dst)] = step.imm
            known |= bit
        case .mov32Imm:
            values[Int(step.dst)] = step.imm & 0xFFFF_FFFF
            known |= bit
        case .mov64Reg:
            if let value = self[step.src] {
                values[Int(step.dst)] = value
                known |= bit
            } else {
                known &= ~bit
            }
        case .callHelper: known &= ~0x3F
        // A subprogram leaves r6 to r9 as they were.
        case .callLocal, .callx: known &= NativeStep.preserved
        default: known &= ~step.registers.writes
        }
    }
}
