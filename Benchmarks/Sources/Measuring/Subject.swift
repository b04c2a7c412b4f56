/// One side of a comparison.
public struct Subject {
    /// Does the work so many times; nanoseconds that each thing it times takes, for one operation.
    public let measure: (_ repeats: Int) throws -> [Double]

    public init(_ measure: @escaping (_ repeats: Int) throws -> [Double]) { self.measure = measure }

    /// Work that is timed as a whole: `body(repeats)`, of `operations` a repeat.
    public static func timed(operations: Int, _ body: @escaping (_ repeats: Int) throws -> Void) -> Subject {
        Subject { repeats in [try Clock.time { try body(repeats) } / Double(repeats * operations)] }
    }
}

extension Plan {
    /// Measures `subjects` in turns, A B A B; for each of them the samples of what it times, of all rounds.
    public func interleave(_ subjects: [Subject]) throws -> [[Samples]] {
        let repeats = try subjects.map(calibrated)
        var samples: [[Samples]] = subjects.map { _ in [] }
        for _ in 0..<rounds {
            for (index, subject) in subjects.enumerated() {
                if samplesPerTurn > 1 { _ = try subject.measure(repeats[index]) }
                for _ in 0..<samplesPerTurn {
                    for (part, value) in try undisturbed(subject, repeats[index]).enumerated() {
                        if part == samples[index].count { samples[index].append(Samples()) }
                        samples[index][part].append(value)
                    }
                }
            }
        }
        return samples
    }

    /// A sample that others interrupted is taken again, a few times at most.
    private func undisturbed(_ subject: Subject, _ repeats: Int) throws -> [Double] {
        for _ in 0..<3 {
            let before = Clock.disturbances
            let values = try subject.measure(repeats)
            if Clock.disturbances == before { return values }
        }
        return try subject.measure(repeats)
    }

    /// Repeats that take `sampleNs`; finding out warms up.
    private func calibrated(_ subject: Subject) throws -> Int {
        var repeats = 1
        while true {
            let took = try Clock.time { _ = try subject.measure(repeats) }
            if took >= sampleNs || repeats >= 1 << 24 { return repeats }
            // Not in one step: the first run may be slow.
            let wanted = Double(repeats) * min(sampleNs / max(took, 1) * 1.1, 16)
            repeats = max(repeats + 1, Int(wanted))
        }
    }
}
