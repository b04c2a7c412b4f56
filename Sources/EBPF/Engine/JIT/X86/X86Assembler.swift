/// Writes x86-64 machine code: instructions into a buffer, jumps and calls beside it, whose lengths `link` decides.
///
/// Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2.
struct X86Assembler {
    /// A place in the code.
    struct Label {
        let number: Int32
    }

    /// What is not in the buffer because its length or target is not known yet.
    struct Site {
        enum Kind: UInt8 {
            /// 2 or 5 bytes; none where it leads to what follows.
            case jump
            /// 2 or 6 bytes.
            case conditionalJump
            case call
            /// A 4-byte distance that ends an instruction of the buffer.
            case distance
            /// Bytes up to a multiple of 16, or none where more than 10 are missing.
            case alignment
            /// Bytes up to a multiple of 16.
            case dataAlignment
            /// The distance of a label from the table's start, 4 bytes.
            case tableEntry
        }
        var position: Int32
        var label: Int32
        var kind: Kind
        var condition: X86Condition
        var size: UInt8
    }

    /// A place as offset in the buffer and number of sites before it.
    struct Place {
        var position: Int32
        var site: Int32

        static let unbound = Place(position: -1, site: 0)
    }

    /// The rendering of one instruction.
    struct Line {
        var place: Place
        var text: String
        /// Where a jump or call leads to.
        var target: Int32?
    }

    private(set) var buffer: [UInt8] = []
    var sites: [Site] = []
    private(set) var labels: [Place] = []
    /// What is behind the code, by label.
    private var constants: [(label: Label, word: UInt64)] = []
    /// Start of the table that `tableEntry` sites count from.
    var table = Label(number: 0)
    /// Nil unless the code is to be shown.
    private(set) var lines: [Line]?

    init(listing: Bool, expectedInstructions: Int) {
        buffer.reserveCapacity(expectedInstructions * 8 + 256)
        sites.reserveCapacity(expectedInstructions / 4 + 64)
        labels.reserveCapacity(expectedInstructions + 64)
        if listing { lines = [] }
    }

    // MARK: Labels

    mutating func label() -> Label {
        labels.append(.unbound)
        return Label(number: Int32(truncatingIfNeeded: labels.count - 1))
    }

    /// The next `count` labels' first.
    mutating func labels(_ count: Int) -> Label {
        let first = Label(number: Int32(truncatingIfNeeded: labels.count))
        labels.append(contentsOf: repeatElement(.unbound, count: count))
        return first
    }

    var place: Place {
        Place(
            position: Int32(truncatingIfNeeded: buffer.count), site: Int32(truncatingIfNeeded: sites.count))
    }

    mutating func bind(_ label: Label) { labels[Int(label.number)] = place }

    // MARK: Parts of instructions

    @inline(__always)
    mutating func byte(_ byte: UInt8) { buffer.append(byte) }

    @inline(__always)
    mutating func int32(_ value: Int32) {
        withUnsafeBytes(of: value.littleEndian) { buffer.append(contentsOf: $0) }
    }

    @inline(__always)
    mutating func int64(_ value: Int64) {
        withUnsafeBytes(of: value.littleEndian) { buffer.append(contentsOf: $0) }
    }

    /// Where an opcode stands, by the number in a VEX prefix.
    enum OpcodeMap: UInt8 {
        case primary, map0F, map0F38
    }

    /// What a VEX prefix holds instead of 0x66, 0xF3 and 0xF2.
    enum VEXPrefix: UInt8 {
        case none, x66, xF3, xF2
    }

    /// An operation code, what goes in front of it, and the width of its operand.
    struct Opcode {
        var code: UInt8
        var map = OpcodeMap.primary
        /// 0x66, 0xF0, 0xF2, 0xF3 or none.
        var prefix: UInt8 = 0
        /// REX.W
        var wide = false
        /// Bytes of registers 4 to 7 need a REX prefix.
        var byteOperand = false
    }

    /// ModRM with two registers.
    mutating func encode(_ opcode: Opcode, reg: UInt8, rm: X86Register) {
        start(opcode, reg: reg, index: 0, base: rm.high, forced: opcode.byteOperand && (rm.rawValue >= 4 || reg >= 4))
        byte(0xC0 | (reg & 7) << 3 | rm.low)
    }

    /// ModRM with a register and memory.
    mutating func encode(_ opcode: Opcode, reg: UInt8, memory: X86Address) {
        start(
            opcode, reg: reg, index: memory.index?.high ?? 0, base: memory.base.high,
            forced: opcode.byteOperand && reg >= 4)
        modRM(reg, memory)
    }

    /// Nothing may follow it in the instruction where the memory is a constant.
    private mutating func modRM(_ reg: UInt8, _ memory: X86Address) {
        if let constant = memory.constant {
            byte((reg & 7) << 3 | 5)
            site(.distance, constant, size: 4)
            return
        }
        let displacement = memory.displacement
        // rbp and r13 as base have no form without displacement.
        let mode: UInt8 =
            displacement == 0 && memory.base.low != 5
            ? 0x00
            : Int32(Int8(truncatingIfNeeded: displacement))
                == displacement ? 0x40 : 0x80
        if let index = memory.index {
            byte(mode | (reg & 7) << 3 | 4)
            byte(UInt8(memory.scale.trailingZeroBitCount) << 6 | index.low << 3 | memory.base.low)
        } else if memory.base.low == 4 {
            byte(mode | (reg & 7) << 3 | 4)
            byte(0x24)
        } else {
            byte(mode | (reg & 7) << 3 | memory.base.low)
        }
        if mode == 0x40 { byte(UInt8(bitPattern: Int8(truncatingIfNeeded: displacement))) }
        if mode == 0x80 { int32(displacement) }
    }

    private mutating func start(_ opcode: Opcode, reg: UInt8, index: UInt8, base: UInt8, forced: Bool) {
        if opcode.prefix != 0 { byte(opcode.prefix) }
        let rex: UInt8 = (opcode.wide ? 8 : 0) | (reg >> 3) << 2 | index << 1 | base
        if rex != 0 || forced { byte(0x40 | rex) }
        switch opcode.map {
        case .primary: break
        case .map0F: byte(0x0F)
        case .map0F38:
            byte(0x0F)
            byte(0x38)
        }
        byte(opcode.code)
    }

    /// An operation code of AVX or BMI, and what its prefix says.
    struct VEXOpcode {
        var code: UInt8
        var map: OpcodeMap
        var prefix = VEXPrefix.x66
        var wide = false
    }

    /// `reg = f(vvvv, rm)`; the operands are general or vector registers by their numbers, `vvvv` is 0 where it is none.
    mutating func encode(_ opcode: VEXOpcode, reg: UInt8, vvvv: UInt8, rm: UInt8) {
        start(opcode, reg: reg, index: 0, base: rm >> 3, vvvv: vvvv)
        byte(0xC0 | (reg & 7) << 3 | rm & 7)
    }

    mutating func encode(_ opcode: VEXOpcode, reg: UInt8, vvvv: UInt8, memory: X86Address) {
        start(opcode, reg: reg, index: memory.index?.high ?? 0, base: memory.base.high, vvvv: vvvv)
        modRM(reg, memory)
    }

    private mutating func start(_ opcode: VEXOpcode, reg: UInt8, index: UInt8, base: UInt8, vvvv: UInt8) {
        byte(0xC4)
        byte((reg >> 3 ^ 1) << 7 | (index ^ 1) << 6 | (base ^ 1) << 5 | opcode.map.rawValue)
        byte((opcode.wide ? 0x80 : 0) | (~vvvv & 15) << 3 | opcode.prefix.rawValue)
        byte(opcode.code)
    }

    // MARK: Constants

    /// Words side by side behind the code; their labels are numbered one after the other.
    mutating func constants(_ words: UInt64...) -> Label {
        let first = labels(words.count)
        for (index, word) in words.enumerated() {
            constants.append((Label(number: first.number + Int32(truncatingIfNeeded: index)), word))
        }
        return first
    }

    /// Behind all instructions.
    mutating func writeConstants() {
        guard !constants.isEmpty else { return }
        note(".align 16")
        site(.dataAlignment, Label(number: 0), size: 0)
        for (label, word) in constants {
            bind(label)
            note(".quad 0x\(String(word, radix: 16))")
            int64(Int64(bitPattern: word))
        }
    }

    // MARK: Sites

    mutating func site(_ kind: Site.Kind, _ label: Label, _ condition: X86Condition = .overflow, size: UInt8) {
        sites.append(
            Site(
                position: Int32(truncatingIfNeeded: buffer.count), label: label.number, kind: kind,
                condition: condition, size: size))
    }

    /// Records the text of the instruction that is written next.
    @inline(__always)
    mutating func note(_ text: @autoclosure () -> String, to target: Label? = nil) {
        guard lines != nil else { return }
        let line = Line(place: place, text: text(), target: target?.number)
        lines?.append(line)
    }
}
