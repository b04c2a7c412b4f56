import Glibc

/// How long is measured.
public struct Plan: Sendable {
    /// Turns that each side gets.
    public var rounds: Int
    /// Samples of a turn that count, after one that does not where there are several: it brings back into the caches
    /// what the other sides displaced.
    public var samplesPerTurn: Int
    /// What one sample takes at least. Short, so that others seldom interrupt one.
    public var sampleNs: Double

    public init(rounds: Int, samplesPerTurn: Int = 1, sampleNs: Double) {
        self.rounds = rounds
        self.samplesPerTurn = samplesPerTurn
        self.sampleNs = sampleNs
    }

    /// `QUICK=1` in the environment asks for a shorter one.
    public static func fromEnvironment(full: Plan, quick: Plan) -> Plan {
        guard let value = getenv("QUICK"), String(cString: value) != "0", value.pointee != 0 else { return full }
        return quick
    }
}
