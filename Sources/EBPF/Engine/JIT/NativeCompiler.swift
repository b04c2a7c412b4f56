import ISA

/// What the compilers of all processors see when they look ahead.
protocol NativeCompiler {
    var steps: [NativeStep] { get }
    var flow: NativeFlow { get }
    var tracksFuel: Bool { get }
}

/// A comparison of a lookup's result with 0, which decides where the lookup leads to.
struct NullComparison {
    var index: Int
    /// Where the comparison jumps, and whether it does that when the result is 0.
    var target: Int
    var isNullTaken: Bool

    var ifNull: Int { isNullTaken ? target : index + 1 }
}

extension NativeCompiler {
    /// The step that is run after this one and after no other.
    func following(_ index: Int) -> Int? {
        var next = index + 1
        while next < steps.count, !flow.isTarget[next] {
            if steps[next].keepsKey { return nil }
            if steps[next].form != .omitted { return next }
            next += 1
        }
        return nil
    }

    /// Nil where none follows that the lookup can take over.
    func nullComparison(after index: Int) -> NullComparison? {
        guard let next = following(index), steps[next].dst == 0, steps[next].imm == 0, steps[next].form == .plain,
            steps[next].operation == .jeq64Imm || steps[next].operation == .jne64Imm
        else { return nil }
        let comparison = NullComparison(
            index: next, target: next + 1 + Int(steps[next].offset),
            isNullTaken: steps[next].operation == .jeq64Imm)
        // Where r0 is 0 it may be read as such; a price may have to be paid before.
        guard flow.liveBefore[comparison.ifNull] & 1 == 0, comparison.target > next, !tracksFuel else { return nil }
        return comparison
    }
}
