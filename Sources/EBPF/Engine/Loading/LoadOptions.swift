import Maps
import Verifier

/// What a loader sets before an object is loaded.
public struct LoadOptions: Sendable {
    /// Of the object: its programs tell it.
    public var name: String
    /// Values of `volatile const` globals, as bytes of the variable's size.
    public var constants: [(name: String, bytes: [UInt8])]
    /// Sizes of maps, by map name.
    public var maxEntries: [String: Int]
    /// Maps that stand by themselves, to be used in place of the object's map of that name.
    public var useMaps: [String: Map]
    public var program: Program.Options
    public var verifier: Verifier.Options

    public init(
        name: String = "", constants: [(name: String, bytes: [UInt8])] = [], maxEntries: [String: Int] = [:],
        useMaps: [String: Map] = [:], program: Program.Options = .init(),
        verifier: Verifier.Options = .engine
    ) {
        self.name = name
        self.constants = constants
        self.maxEntries = maxEntries
        self.useMaps = useMaps
        self.program = program
        self.verifier = verifier
    }
}
