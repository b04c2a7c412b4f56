/// What an instruction of classic BPF does, its operands checked. The machine has an accumulator A, an index register X
/// and 16 words of scratch memory M, all of 32 bits. Source: bpf(4) of the BSDs; `bpf_check_classic`, Linux.
enum ClassicStep: Hashable {
    enum Register: Hashable { case a, x }
    enum Operand: Hashable { case k(UInt32), x }
    enum Arithmetic: UInt16 {
        case add = 0x00
        case sub = 0x10
        case mul = 0x20
        case div = 0x30
        case or = 0x40
        case and = 0x50
        case lsh = 0x60
        case rsh = 0x70
        case mod = 0x90
        case xor = 0xa0
    }
    enum Comparison: UInt16 {
        case eq = 0x10
        case gt = 0x20
        case ge = 0x30
        /// `A & operand` is not 0.
        case set = 0x40
    }

    /// `A = packet[k]`, 1, 2 or 4 bytes in network order.
    case loadAbsolute(bytes: Int, UInt32)
    /// `A = packet[X + k]`
    case loadIndirect(bytes: Int, UInt32)
    /// `X = 4 * (packet[k] & 15)`: the length of an IPv4 header.
    case loadHeaderLength(UInt32)
    case loadImmediate(Register, UInt32)
    case loadLength(Register)
    case loadScratch(Register, Int)
    case storeScratch(Register, Int)
    /// `X = A`, `A = X`
    case move(to: Register)
    case arithmetic(Arithmetic, Operand)
    case negate
    /// To the instruction of that index.
    case jump(Int)
    case branch(Comparison, Operand, true: Int, false: Int)
    /// A match, unless the value is 0.
    case returnValue(UInt32)
    case returnA
}

extension ClassicStep {
    /// - Parameter index: where the instruction stands.
    init(_ instruction: ClassicInstruction, at index: Int) throws(ClassicError) {
        let (code, k) = (instruction.code, instruction.k)
        let operand: Operand = code & 0x08 == 0 ? .k(k) : .x
        let unknown = ClassicError(.unknownCode(code), at: index)
        switch code {
        case 0x00: self = .loadImmediate(.a, k)
        case 0x01: self = .loadImmediate(.x, k)
        case 0x20: self = .loadAbsolute(bytes: 4, try Self.inPacket(k, index))
        case 0x28: self = .loadAbsolute(bytes: 2, try Self.inPacket(k, index))
        case 0x30: self = .loadAbsolute(bytes: 1, try Self.inPacket(k, index))
        case 0x40: self = .loadIndirect(bytes: 4, try Self.inPacket(k, index))
        case 0x48: self = .loadIndirect(bytes: 2, try Self.inPacket(k, index))
        case 0x50: self = .loadIndirect(bytes: 1, try Self.inPacket(k, index))
        case 0x60: self = .loadScratch(.a, try Self.scratch(k, index))
        case 0x61: self = .loadScratch(.x, try Self.scratch(k, index))
        case 0x80: self = .loadLength(.a)
        case 0x81: self = .loadLength(.x)
        case 0xb1: self = .loadHeaderLength(try Self.inPacket(k, index))
        case 0x02: self = .storeScratch(.a, try Self.scratch(k, index))
        case 0x03: self = .storeScratch(.x, try Self.scratch(k, index))
        case 0x84: self = .negate
        case _ where code & 7 == 4:
            guard code <= 0xff, let operation = Arithmetic(rawValue: code & 0xf0) else { throw unknown }
            if case .k(let k) = operand {
                if operation == .div || operation == .mod, k == 0 { throw ClassicError(.divisionByZero, at: index) }
                if operation == .lsh || operation == .rsh, k > 31 { throw ClassicError(.shift(k), at: index) }
            }
            self = .arithmetic(operation, operand)
        case 0x05:
            let distance = Int(Int32(bitPattern: k))
            guard distance >= 0 else { throw ClassicError(.loop(-distance), at: index) }
            self = .jump(index + 1 + distance)
        case _ where code & 7 == 5:
            guard code <= 0xff, let comparison = Comparison(rawValue: code & 0xf0) else { throw unknown }
            self = .branch(
                comparison, operand, true: index + 1 + Int(instruction.jumpTrue),
                false: index + 1 + Int(instruction.jumpFalse))
        case 0x06: self = .returnValue(k)
        case 0x16: self = .returnA
        case 0x07: self = .move(to: .x)
        case 0x87: self = .move(to: .a)
        default: throw unknown
        }
    }

    /// `SKF_LL_OFF`, <linux/filter.h>: from here to the end of 32 bits, offsets mean something else than bytes.
    private static let firstAncillaryOffset: UInt32 = 0xffe0_0000

    private static func inPacket(_ offset: UInt32, _ index: Int) throws(ClassicError) -> UInt32 {
        guard offset < firstAncillaryOffset else { throw ClassicError(.ancillaryLoad(offset), at: index) }
        return offset
    }

    private static func scratch(_ k: UInt32, _ index: Int) throws(ClassicError) -> Int {
        guard k < ClassicProgram.scratchWords else { throw ClassicError(.scratchIndex(k), at: index) }
        return Int(k)
    }

    /// Instructions that may come after this one, other than the next.
    var targets: [Int] {
        switch self {
        case .jump(let target): [target]
        case .branch(_, _, let first, let second): [first, second]
        default: []
        }
    }
}
