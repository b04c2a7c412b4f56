import ISA
import Object

/// A program that the generator made, and what it needs.
public struct GeneratedProgram: Sendable {
    public var instructions: [Instruction]
    public var type: ProgramType
    public var maps: [MapAttributes]
    public var features: Features

    /// What a program does somewhere.
    public struct Features: OptionSet, Hashable, Sendable {
        public let rawValue: UInt16
        public init(rawValue: UInt16) { self.rawValue = rawValue }

        public static let packet = Features(rawValue: 1 << 0)
        public static let map = Features(rawValue: 1 << 1)
        public static let spill = Features(rawValue: 1 << 2)
        public static let pointerSpill = Features(rawValue: 1 << 3)
        public static let loop = Features(rawValue: 1 << 4)
        public static let call = Features(rawValue: 1 << 5)
        public static let atomic = Features(rawValue: 1 << 6)
        public static let variableOffset = Features(rawValue: 1 << 7)
        /// One or a few fields of a generated program were changed.
        public static let mutated = Features(rawValue: 1 << 8)

        public static let named: [(name: String, feature: Features)] = [
            ("packet", .packet), ("map", .map), ("spill", .spill), ("pointer spill", .pointerSpill), ("loop", .loop),
            ("call", .call), ("atomic", .atomic), ("variable offset", .variableOffset), ("mutated", .mutated),
        ]
    }

    /// Source that assembles to the program, with its maps in comments.
    public var assembly: String {
        let maps = self.maps.enumerated().map { index, map in
            "; map \(index): \(map.type.name) key \(map.keySize) value \(map.valueSize) entries \(map.maxEntries)"
                + (map.flags.contains(.readOnlyProgram) ? " read-only\n" : "\n")
        }
        return "; \(type.rawValue)\n" + maps.joined() + Disassembler.assembly(instructions)
    }
}
