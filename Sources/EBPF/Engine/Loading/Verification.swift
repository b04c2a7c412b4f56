import Maps
import Object
import Verifier

/// What the verifier says of a function as a program of one type.
public struct Verification: Sendable {
    /// The entry function.
    public var function: String
    public var type: ProgramType
    public var verdict: Verifier.Verdict

    public var rejection: Rejection? { verdict.rejection }
    public var isAccepted: Bool { verdict.isAccepted }

    public init(function: String, type: ProgramType, verdict: Verifier.Verdict) {
        self.function = function
        self.type = type
        self.verdict = verdict
    }
}

extension Verifier.Offer {
    /// What this engine has.
    public static let engine = Verifier.Offer(
        helpers: Set(Helper.allCases.map(\.rawValue)), mapTypes: Map.types)
}

extension Verifier.Options {
    /// For programs that are to run here.
    public static var engine: Verifier.Options {
        var options = Verifier.Options()
        options.offered = .engine
        return options
    }
}
