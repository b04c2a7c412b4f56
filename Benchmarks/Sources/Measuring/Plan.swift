import Glibc

/// How long is measured.
public struct Plan: Sendable {
    /// Turns that each side gets.
    public var rounds: Int
    /// What one turn takes at least. Short, so that others seldom interrupt one.
    public var sampleNs: Double

    public init(rounds: Int, sampleNs: Double) {
        self.rounds = rounds
        self.sampleNs = sampleNs
    }

    /// `QUICK=1` in the environment asks for a shorter one.
    public static func fromEnvironment(full: Plan, quick: Plan) -> Plan {
        guard let value = getenv("QUICK"), String(cString: value) != "0", value.pointee != 0 else { return full }
        return quick
    }
}
