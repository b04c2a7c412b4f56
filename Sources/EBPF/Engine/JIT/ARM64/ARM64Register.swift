/// A general register of arm64, by its number in the encoding: 31 is the zero register or the stack pointer, as the
/// instruction has it.
enum ARM64Register: UInt8 {
    case x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15, x16, x17, x18, x19, x20, x21, x22, x23
    case x24, x25, x26, x27, x28, x29, x30
    case zero
    case sp = 63

    @inline(__always)
    var number: UInt32 { UInt32(rawValue & 31) }

    /// Name of the whole, or of the lower half: `x9`, `w9`.
    func name(_ width: ARM64Width) -> String {
        switch self {
        case .sp: width == .bits64 ? "sp" : "wsp"
        case .zero: width == .bits64 ? "xzr" : "wzr"
        default: (width == .bits64 ? "x" : "w") + "\(rawValue)"
        }
    }
}

/// Width of an operation, by the two bits of its logarithm. Those of registers are of 32 or 64 bits, and clear the upper
/// half of their destination.
enum ARM64Width: UInt32 {
    case bits8, bits16, bits32, bits64

    var bits: Int { 8 << Int(rawValue) }
    var bytes: Int { 1 << Int(rawValue) }

    /// The bit that makes an operation on registers one of 64 bits.
    @inline(__always)
    var sf: UInt32 { self == .bits64 ? 1 << 31 : 0 }

    /// What loads and stores of less than 32 bits have behind their name.
    var suffix: String { self == .bits8 ? "b" : self == .bits16 ? "h" : "" }
}

/// `[base, #offset]`.
struct ARM64Address {
    var base: ARM64Register
    var offset: Int32

    init(_ base: ARM64Register, _ offset: Int32 = 0) {
        self.base = base
        self.offset = offset
    }

    /// Whether the offset is in the instruction: counted in elements of the width up to 4095, or in bytes up to 255.
    func isEncodable(_ width: ARM64Width) -> Bool {
        offset >= -256 && offset <= 255 || isScaled(width)
    }

    func isScaled(_ width: ARM64Width) -> Bool {
        offset >= 0 && offset & Int32(width.bytes - 1) == 0 && Int(offset) / width.bytes < 4096
    }

    var text: String { offset == 0 ? "[\(base.name(.bits64))]" : "[\(base.name(.bits64)), #\(offset)]" }
}

/// Conditions of jumps and selections, by their number in the encoding.
enum ARM64Condition: UInt32 {
    case equal, notEqual, higherOrSame, lower, negative, notNegative, overflow, notOverflow
    case higher, lowerOrSame, greaterOrEqual, less, greater, lessOrEqual

    var inverse: ARM64Condition { ARM64Condition(rawValue: rawValue ^ 1).unsafelyUnwrapped }

    var name: String {
        ["eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le"][Int(rawValue)]
    }
}
