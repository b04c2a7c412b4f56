// Jumps and calls. Each instruction writes its own text in a listing, as objdump has it.
extension ARM64Assembler {
    mutating func jump(_ label: Label) {
        note("b", to: label)
        site(.jump, label)
        word(0x1400_0000)
    }

    mutating func call(_ label: Label) {
        note("bl", to: label)
        site(.jump, label)
        word(0x9400_0000)
    }

    mutating func jump(_ condition: ARM64Condition, _ label: Label) {
        note("b.\(condition.name)", to: label)
        site(.conditionalJump, label)
        word(0x5400_0000 | condition.rawValue)
    }

    /// Leaves the flags alone.
    mutating func jumpIfZero(_ width: ARM64Width, _ register: ARM64Register, _ label: Label) {
        note("cbz \(register.name(width)),", to: label)
        site(.conditionalJump, label)
        word(0x3400_0000 | width.sf | register.number)
    }

    mutating func jumpIfNotZero(_ width: ARM64Width, _ register: ARM64Register, _ label: Label) {
        note("cbnz \(register.name(width)),", to: label)
        site(.conditionalJump, label)
        word(0x3500_0000 | width.sf | register.number)
    }

    mutating func call(_ register: ARM64Register) {
        note("blr \(register.name(.bits64))")
        word(0xD63F_0000 | register.number << 5)
    }

    mutating func ret() {
        note("ret")
        word(0xD65F_03C0)
    }

    /// The address of a label, by way of another register.
    mutating func address(_ dst: ARM64Register, _ label: Label, scratch: ARM64Register) {
        // The address of this instruction itself.
        note("adr \(dst.name(.bits64)), .")
        word(0x1000_0000 | dst.number)
        note("mov \(scratch.name(.bits32)), low of", to: label)
        site(.distance, label)
        word(0x5280_0000 | scratch.number)
        note("movk \(scratch.name(.bits32)), high, lsl #16 of", to: label)
        word(0x72A0_0000 | scratch.number)
        addSigned32(dst, dst, scratch)
    }

    mutating func tableEntry(_ label: Label) {
        note(".word", to: label)
        site(.tableEntry, label)
        word(0)
    }
}
