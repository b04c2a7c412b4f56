/// Division, remainder and arithmetic shift at the edges, as RFC 9669 section 4.1 defines them, for 32 and 64 bits.
enum Arithmetic {
    /// Division by zero gives 0.
    @inline(__always)
    static func divide<T: FixedWidthInteger & UnsignedInteger>(_ a: T, _ b: T) -> T { b == 0 ? 0 : a / b }

    /// Remainder by zero leaves the dividend.
    @inline(__always)
    static func remainder<T: FixedWidthInteger & UnsignedInteger>(_ a: T, _ b: T) -> T { b == 0 ? a : a % b }

    /// The smallest number divided by -1 wraps to itself.
    @inline(__always)
    static func divideSigned<T: FixedWidthInteger & UnsignedInteger>(_ a: T, _ b: T) -> T {
        if b == 0 { return 0 }
        if b == T.max { return 0 &- a }
        return T(truncatingIfNeeded: signed(a) / signed(b))
    }

    @inline(__always)
    static func remainderSigned<T: FixedWidthInteger & UnsignedInteger>(_ a: T, _ b: T) -> T {
        if b == 0 { return a }
        if b == T.max { return 0 }
        return T(truncatingIfNeeded: signed(a) % signed(b))
    }

    /// The shift count is masked to the width.
    @inline(__always)
    static func shiftSigned<T: FixedWidthInteger & UnsignedInteger>(_ a: T, _ b: T) -> T {
        T(truncatingIfNeeded: signed(a) &>> (Int64(truncatingIfNeeded: b) & Int64(T.bitWidth - 1)))
    }

    @inline(__always)
    private static func signed<T: FixedWidthInteger & UnsignedInteger>(_ a: T) -> Int64 {
        T.bitWidth == 32 ? Int64(Int32(truncatingIfNeeded: a)) : Int64(truncatingIfNeeded: a)
    }
}
