/// What one thing took, once a round, in nanoseconds.
public struct Samples: Sendable {
    public private(set) var values: [Double]

    public init(_ values: [Double] = []) { self.values = values }

    mutating func append(_ value: Double) { values.append(value) }

    public var minimum: Double { values.min() ?? .nan }

    public var median: Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return .nan }
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }
}

/// Median and minimum of what one thing took, in nanoseconds.
public struct Figure: Sendable {
    public var median: Double
    public var minimum: Double

    /// Less than this can't be told from nothing.
    public static let resolution = 0.1

    public init(_ samples: Samples) {
        median = samples.median
        minimum = samples.minimum
    }

    /// What is in a loop, without what the loop itself takes: `loop`, measured in the same rounds.
    public init(_ total: Samples, in loop: Samples) {
        // Round by round: a processor that slows down slows both.
        median = Samples(zip(total.values, loop.values).map { $0 - $1 }).median
        minimum = total.minimum - loop.minimum
    }
}
