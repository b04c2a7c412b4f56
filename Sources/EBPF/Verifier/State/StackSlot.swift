/// 8 aligned bytes of a frame's stack.
struct StackSlot: BitwiseCopyable {
    /// What a byte holds.
    enum Byte: UInt8 {
        case uninitialized
        /// Some number.
        case number
        case zero
        /// Part of `spill`.
        case spill
    }

    /// One `Byte` each, that of the lowest address in the lowest bits.
    var bytes: UInt64 = 0
    /// What the bytes that are part of it hold: a register stored whole, or the lower bytes of a scalar, from the lowest
    /// byte on or in the upper half.
    var spill = Register.uninitialized

    static let uninitialized = StackSlot()

    subscript(byte: Int) -> Byte {
        get { Byte(rawValue: UInt8(truncatingIfNeeded: bytes >> UInt64(byte * 8)) & 3).unsafelyUnwrapped }
        set {
            let shift = UInt64(byte * 8)
            bytes = bytes & ~(0xFF << shift) | UInt64(newValue.rawValue) << shift
        }
    }

    /// First byte of the spilled register, 0 or 4.
    var spillStart: Int { bytes & 0xFF != 0x03 && bytes >> 32 & 0xFF == 0x03 ? 4 : 0 }

    /// Bytes of the spilled register: 8, 4, 2, 1, or 0 where there is none.
    var spillSize: Int {
        let held = bytes >> UInt64(spillStart * 8)
        if held & 0xFF != 0x03 { return 0 }
        if held == 0x0303_0303_0303_0303 { return 8 }
        if held & 0xFFFF_FFFF == 0x0303_0303 { return 4 }
        return held & 0xFFFF == 0x0303 ? 2 : 1
    }

    /// Whether a pointer is spilled here, stale ones and what is made of one included.
    var holdsPointer: Bool { spillSize == 8 && (!spill.isScalar || spill.isPointerBits) }

    mutating func set(_ byte: Byte, from first: Int, count: Int) {
        for index in first..<first + count { self[index] = byte }
    }

    /// `start`: 0, or 4 for a scalar of at most 4 bytes. Nothing else is spilled here.
    mutating func fill(_ register: Register, size: Int, at start: Int = 0) {
        spill = register
        set(.spill, from: start, count: size)
    }

    /// Forgets what number is spilled here where `other` does not allow it.
    /// True: it did.
    mutating func forgetNumber(unlike other: StackSlot, _ degree: Forgetting) -> Bool {
        let size = spillSize
        guard size > 0, spill.isScalar, !spill.isPointerBits, spill.id != Explorer.memoryLength else { return false }
        let isSame = other.spillSize == size && other.spillStart == spillStart && other.spill.isScalar
        guard !(isSame && other.spill.number.covers(spill.number)) else { return false }
        if isSame && degree != .everything {
            spill = Register(scalar: degree.apply(other.spill.number, spill.number))
            return true
        }
        set(.number, from: spillStart, count: size)
        spill = .uninitialized
        return true
    }

    /// Ahead of a write to some of its bytes: what stays of a spilled register is numbers, and of a pointer nothing.
    mutating func dissolve() {
        let size = spillSize
        guard size > 0 else { return }
        let rest: Byte = holdsPointer ? .uninitialized : spill.isZero ? .zero : .number
        set(rest, from: spillStart, count: size)
        spill = .uninitialized
    }
}
