/// A general register of x86-64, by its number in the encoding.
enum X86Register: UInt8, CaseIterable {
    case rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15

    /// The three bits that ModRM and SIB hold.
    @inline(__always)
    var low: UInt8 { rawValue & 7 }
    /// The bit that a REX or VEX prefix holds.
    @inline(__always)
    var high: UInt8 { rawValue >> 3 }

    /// Name of its low `bits`: `rax`, `eax`, `ax`, `al`.
    func name(bits: Int) -> String {
        if rawValue >= 8 {
            return switch bits {
            case 64: "r\(rawValue)"
            case 32: "r\(rawValue)d"
            case 16: "r\(rawValue)w"
            default: "r\(rawValue)b"
            }
        }
        let name = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"][Int(rawValue)]
        return switch bits {
        case 64: "r" + name
        case 32: "e" + name
        case 16: name
        default: rawValue < 4 ? "\(name.prefix(1))l" : name + "l"
        }
    }
}

/// `[base + index * scale + displacement]`, or a constant behind the code.
struct X86Address {
    /// Of no meaning for a constant.
    var base: X86Register
    var index: X86Register?
    /// 1, 2, 4 or 8.
    var scale: UInt8 = 1
    var displacement: Int32
    /// Where a constant is.
    private(set) var constant: X86Assembler.Label?

    init(_ constant: X86Assembler.Label) {
        (base, displacement) = (.rax, 0)
        self.constant = constant
    }

    init(_ base: X86Register, _ displacement: Int32 = 0) {
        self.base = base
        self.displacement = displacement
    }

    init(_ base: X86Register, index: X86Register, scale: UInt8 = 1, _ displacement: Int32 = 0) {
        self.base = base
        self.index = index
        self.scale = scale
        self.displacement = displacement
    }

    /// A constant's place takes that of the `@`.
    var text: String {
        if constant != nil { return "[@]" }
        var text = "[" + base.name(bits: 64)
        if let index { text += "+" + index.name(bits: 64) + (scale == 1 ? "" : "*\(scale)") }
        if displacement != 0 { text += displacement < 0 ? "-\(-Int64(displacement))" : "+\(displacement)" }
        return text + "]"
    }
}

/// Conditions of `jcc`, by their number in the opcode.
enum X86Condition: UInt8 {
    case overflow, notOverflow, below, aboveEqual, equal, notEqual, belowEqual, above
    case negative, notNegative, parity, notParity, less, greaterEqual, lessEqual, greater

    var inverse: X86Condition { X86Condition(rawValue: rawValue ^ 1).unsafelyUnwrapped }

    var name: String {
        ["o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"][Int(rawValue)]
    }
}
