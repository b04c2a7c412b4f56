import ISA

/// An instruction as the explorer takes it: operands picked out, jumps resolved.
struct Step: BitwiseCopyable {
    enum Kind: UInt8 {
        case alu, move, moveSignExtended, negate, swapBytes, truncateBytes, wide
        case load, loadSigned, store, storeImmediate, atomic
        case jump, jumpAlways, callHelper, callLocal, callRegister, callKernel, packetLoad, exit
    }

    var kind: Kind
    var dst: Int
    var src: Int
    var offset: Int
    var imm: Int64
    /// ALU and jumps: the second operand is a register.
    var usesRegister = false
    var is32 = false
    var alu = ALU.add
    var comparison = Comparison.eq
    /// Bytes of an access; bits of a swap or an extension.
    var size = 0
    /// Slot that a jump or local call leads to.
    var target = 0

    init(_ instruction: Instruction, at slot: Int) {
        dst = Int(instruction.dst)
        src = Int(instruction.src)
        offset = Int(instruction.offset)
        imm = Int64(instruction.imm)
        if PlantedFlaw.isPlanted(.immediateIsUnsigned) { imm &= 0xFFFF_FFFF }
        kind = .exit
        let opcode = instruction.opcode
        usesRegister = opcode & 0x08 != 0
        switch opcode & 7 {
        case 0x04: arithmetic(instruction, is32: true)
        case 0x07: arithmetic(instruction, is32: false)
        case 0x05, 0x06: jump(instruction, at: slot)
        case 0x00: kind = opcode == 0x18 ? .wide : .packetLoad
        default: access(instruction)
        }
    }

    /// What it does to memory, in a sentence.
    var verb: String {
        switch kind {
        case .load, .loadSigned: "reads"
        case .store, .storeImmediate: "writes"
        case .atomic: "changes"
        default: "hands over"
        }
    }

    private mutating func arithmetic(_ instruction: Instruction, is32: Bool) {
        self.is32 = is32
        kind = .alu
        let isSigned = instruction.offset == 1
        switch instruction.opcode & 0xF0 {
        case 0x00: alu = .add
        case 0x10: alu = .sub
        case 0x20: alu = .mul
        case 0x30: alu = isSigned ? .sdiv : .div
        case 0x40: alu = .or
        case 0x50: alu = .and
        case 0x60: alu = .lsh
        case 0x70: alu = .rsh
        case 0x80: kind = .negate
        case 0x90: alu = isSigned ? .smod : .mod
        case 0xA0: alu = .xor
        case 0xB0:
            kind = offset == 0 ? .move : .moveSignExtended
            size = offset
        case 0xC0: alu = .arsh
        default:
            // Hosts are little endian: `le` only truncates.
            kind = is32 && !usesRegister ? .truncateBytes : .swapBytes
            size = Int(instruction.imm)
        }
    }

    private mutating func jump(_ instruction: Instruction, at slot: Int) {
        is32 = instruction.opcode & 7 == 0x06
        kind = .jump
        target = slot + 1 + offset
        switch instruction.opcode & 0xF0 {
        case 0x00:
            kind = .jumpAlways
            if is32 { target = slot + 1 + Int(instruction.imm) }
        case 0x10: comparison = .eq
        case 0x20: comparison = .gt
        case 0x30: comparison = .ge
        case 0x40: comparison = .set
        case 0x50: comparison = .ne
        case 0x60: comparison = .sgt
        case 0x70: comparison = .sge
        case 0x80:
            target = slot + 1 + Int(instruction.imm)
            if usesRegister {
                kind = .callRegister
            } else {
                kind = instruction.src == 0 ? .callHelper : instruction.src == 1 ? .callLocal : .callKernel
            }
        case 0x90: kind = .exit
        case 0xA0: comparison = .lt
        case 0xB0: comparison = .le
        case 0xC0: comparison = .slt
        default: comparison = .sle
        }
    }

    private mutating func access(_ instruction: Instruction) {
        switch instruction.opcode & 0x18 {
        case 0x00: size = 4
        case 0x08: size = 2
        case 0x10: size = 1
        default: size = 8
        }
        switch (instruction.opcode & 7, instruction.opcode & 0xE0) {
        case (0x01, 0x80): kind = .loadSigned
        case (0x01, _): kind = .load
        case (0x02, _): kind = .storeImmediate
        case (_, 0xC0): kind = .atomic
        default: kind = .store
        }
    }

    /// Slots that the instruction takes.
    var width: Int { kind == .wide ? 2 : 1 }
}
