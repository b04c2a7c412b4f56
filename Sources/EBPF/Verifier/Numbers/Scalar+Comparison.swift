/// Conditional jumps: which way they go, and what that tells of the operands.
extension SizedScalar {
    /// Nil: it may hold or not.
    func decide(_ comparison: Comparison, _ other: Self, is32: Bool) -> Bool? {
        if is32 { return half.decide(comparison, other.half) }
        if let decided = word.decide(comparison, other.word) { return decided }
        // Words whose low halves differ differ.
        switch comparison {
        case .eq: return half.decide(.eq, other.half) == false ? false : nil
        case .ne: return half.decide(.eq, other.half) == false ? true : nil
        default: return nil
        }
    }

    /// Keeps of both what is possible where the comparison holds, or where it does not (`taken` false); the result false: no
    /// pair gets there, and both are without meaning.
    static func refine(_ a: inout Self, _ b: inout Self, _ comparison: Comparison, taken: Bool, is32: Bool) -> Bool {
        let is32 = is32 && !PlantedFlaw.isPlanted(.comparison32RefinesWord)
        let holding = taken ? comparison : comparison.negated
        if holding == .eq && !is32 {
            guard a.intersect(b) else { return false }
            b = a
            return true
        }
        if is32 {
            var (first, second) = (a.half, b.half)
            guard refine(&first, &second, holding) else { return false }
            return (first == a.half || a.replaceHalf(first)) && (second == b.half || b.replaceHalf(second))
        }
        var (first, second) = (a.word, b.word)
        guard refine(&first, &second, holding) else { return false }
        return (first == a.word || a.replaceWord(first)) && (second == b.word || b.replaceWord(second))
    }

    /// - Parameter holding: nil: no bit is set in both.
    @inline(__always)
    private static func refine(_ a: inout Word, _ b: inout Word, _ holding: Comparison?) -> Bool {
        guard let holding else { return Word.refineUnset(&a, &b) }
        return Word.refine(&a, &b, holding)
    }

    @inline(__always)
    private mutating func replaceWord(_ word: Word) -> Bool {
        var (word, half) = (word, half)
        guard Self.synchronise(&word, &half) else { return false }
        self = Self(word, half: half)
        return true
    }

    @inline(__always)
    private mutating func replaceHalf(_ half: Word) -> Bool {
        var (word, half) = (word, half)
        guard word.meetBits(ofHalf: half), Self.synchronise(&word, &half) else { return false }
        self = Self(word, half: half)
        return true
    }
}
