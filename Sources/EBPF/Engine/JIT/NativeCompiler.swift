import ISA

/// What the compilers of all processors see when they look ahead.
protocol NativeCompiler {
    var steps: [NativeStep] { get }
    var flow: NativeFlow { get }
    var tracksFuel: Bool { get }
}

/// A comparison of a lookup's result with 0, which decides where the lookup leads to. In front of it the result may be
/// moved away, and r0 get another value: `r6 = r0; r0 = 1; if r6 == 0`.
struct NullComparison {
    var index: Int
    /// The register of the program that is compared.
    var result: UInt8 = 0
    var value: Int64?
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
            if steps[next].form != .omitted { return next }
            next += 1
        }
        return nil
    }

    /// Nil where none follows that the lookup can take over. Its price is to be paid before: it leaves nothing in maps.
    func nullComparison(after index: Int) -> NullComparison? {
        guard var next = following(index) else { return nil }
        var result: UInt8 = 0
        var value: Int64?
        if steps[next].form == .plain, steps[next].operation == .mov64Reg, steps[next].src == 0,
            let second = following(next), steps[second].form == .plain, steps[second].dst == 0,
            steps[second].operation == .mov64Imm || steps[second].operation == .mov32Imm,
            let third = following(second)
        {
            result = steps[next].dst
            value = steps[second].operation == .mov64Imm ? steps[second].imm : steps[second].imm & 0xFFFF_FFFF
            next = third
        }
        guard steps[next].dst == result, steps[next].imm == 0, steps[next].form == .plain,
            steps[next].operation == .jeq64Imm || steps[next].operation == .jne64Imm
        else { return nil }
        let comparison = NullComparison(
            index: next, result: result, value: value, target: next + 1 + Int(steps[next].offset),
            isNullTaken: steps[next].operation == .jeq64Imm)
        // Where the result is 0 it may be read as such.
        guard flow.liveBefore[comparison.ifNull] & 1 << RegisterSet(result) == 0, comparison.target > next
        else { return nil }
        return comparison
    }
}
