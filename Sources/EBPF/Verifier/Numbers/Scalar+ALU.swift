/// Transfer functions of the ALU instructions.
extension SizedScalar {
    /// What the instruction leaves in `self`, the destination. With `is32` it works on the low halves and zeroes the rest.
    mutating func apply(_ operation: ALU, _ other: Self, is32: Bool) {
        if is32 && !PlantedFlaw.isPlanted(.alu32IsWide) {
            apply32(operation, other)
        } else if let a = constant, let b = other.constant {
            self = Self(constant: operation.evaluate(a, b, width: Size.bits))
        } else {
            apply64(operation, other)
        }
    }

    private mutating func apply32(_ operation: ALU, _ other: Self) {
        let (a, b) = (half, other.half)
        if let a = a.constant, let b = b.constant {
            self = Self(constant: operation.evaluate(a, b, width: Self.halfBits))
        } else {
            setZeroExtended(a.applying(operation, b))
        }
    }

    private mutating func apply64(_ operation: ALU, _ other: Self) {
        if operation == .lsh { return shiftLeft(by: other) }
        var result = word.applying(operation, other.word)
        var low = Word(unknown: Self.halfBits)
        switch operation {
        case .add, .sub, .mul, .or, .and, .xor, .neg: low = half.applying(operation, other.half)
        case .div, .mod, .sdiv, .smod, .lsh, .rsh, .arsh: break
        }
        set(&result, &low)
    }

    private mutating func shiftLeft(by other: Self) {
        let amounts = other.word.amounts
        let half = UInt64(Self.halfBits)
        var result = word.shiftedLeft(by: amounts)
        var low = Word(unknown: Self.halfBits)
        if amounts.most < half {
            low = self.half.shiftedLeft(by: amounts)
        } else if amounts.least == amounts.most {
            // The low half alone makes up the high half of the result.
            var high = self.half.shiftedLeft(amounts.least &- half)
            _ = high.reduce()
            result.meetUnsigned(high.umin &<< half, high.umax &<< half)
            result.meetSigned(high.smin &<< Int64(half), high.smax &<< Int64(half))
        }
        set(&result, &low)
    }

    /// Takes over a result of which both parts hold.
    @inline(__always)
    private mutating func set(_ word: inout Word, _ half: inout Word) {
        let isPossible = word.meetBits(ofHalf: half) && Self.synchronise(&word, &half)
        assert(isPossible, "an operation on numbers has a result")
        self = isPossible ? Self(word, half: half) : .unknown
    }

    /// Takes over `half`, with zeroes above it.
    @inline(__always)
    mutating func setZeroExtended(_ half: Word) {
        var half = half
        let isPossible = half.reduce()
        assert(isPossible, "an operation on numbers has a result")
        if !isPossible { half = Word(unknown: Self.halfBits) }
        let word = Word(
            width: Size.bits, bits: half.bits, umin: half.umin, umax: half.umax, smin: Int64(bitPattern: half.umin),
            smax: Int64(bitPattern: half.umax))
        self = Self(word, half: half)
    }
}

extension Word {
    /// The result is not reduced.
    @inline(__always)
    func applying(_ operation: ALU, _ other: Word) -> Word {
        switch operation {
        case .add: adding(other)
        case .sub: subtracting(other)
        case .mul: multiplied(by: other)
        case .div: divided(by: other)
        case .mod: remainder(by: other)
        case .sdiv: dividedSigned(by: other)
        case .smod: remainderSigned(by: other)
        case .or: or(other)
        case .and: and(other)
        case .xor: xor(other)
        case .lsh: shiftedLeft(by: other.amounts)
        case .rsh: shiftedRight(by: other.amounts)
        case .arsh: shiftedRightSigned(by: other.amounts)
        case .neg: negated()
        }
    }
}
