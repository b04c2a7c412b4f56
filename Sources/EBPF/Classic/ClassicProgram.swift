/// A program of classic BPF whose every instruction exists, jumps within it, and which ends with a return.
///
/// A program says of a packet whether it matches: it returns a number, and all but 0 are a match.
public struct ClassicProgram: Sendable {
    let steps: [ClassicStep]

    /// `BPF_MAXINSNS`, <linux/bpf_common.h>.
    public static let maxLength = 4096
    /// `BPF_MEMWORDS`, <linux/filter.h>.
    static let scratchWords = 16

    public init(_ instructions: [ClassicInstruction]) throws(ClassicError) {
        guard (1...Self.maxLength).contains(instructions.count) else {
            throw ClassicError(.length(instructions.count))
        }
        var steps: [ClassicStep] = []
        for (index, instruction) in instructions.enumerated() {
            let step = try ClassicStep(instruction, at: index)
            if let target = step.targets.first(where: { $0 >= instructions.count }) {
                throw ClassicError(.jumpTarget(target), at: index)
            }
            steps.append(step)
        }
        switch steps.last {
        case .returnValue, .returnA: break
        default: throw ClassicError(.noReturn, at: instructions.count - 1)
        }
        self.steps = steps
    }
}
