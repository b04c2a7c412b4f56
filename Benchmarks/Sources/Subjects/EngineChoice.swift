import Engine

/// The engines that programs run on: the one place that chooses.
public enum EngineChoice: String, CaseIterable, Sendable {
    case interpreter
    case jit = "JIT"

    /// Options with which a program runs on it; nil where this build has no such engine.
    public var options: Program.Options? {
        switch self {
        case .interpreter: Program.Options(engine: .interpreter)
        case .jit: Program.Engine.jit.isAvailable ? Program.Options(engine: .jit) : nil
        }
    }

    /// The fastest one that there is.
    public static var best: EngineChoice { jit.options == nil ? .interpreter : .jit }
}
