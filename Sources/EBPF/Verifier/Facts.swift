extension Verifier {
    /// What the engine may rely on, and what the dataplane wants to know, of an accepted program. It holds on every path
    /// that a run can take.
    public struct Facts: Hashable, Sendable {
        /// Some path stores to the packet, or hands it to a helper that does.
        public var writesPacket = false
        /// Some path calls a helper that moves the packet's start, end or metadata.
        public var movesPacket = false
        /// Slots of loads from the context, and the offset of the field that each loads. Such an instruction loads from
        /// nothing else.
        public var contextLoads: [Int: Int] = [:]
        /// Some path stores to the context.
        public var writesContext = false
        /// What an instruction does, by its slot.
        public var outcomes: [Outcomes] = []
        /// Slots of calls that take a map.
        public var mapCalls: [Int: MapCall] = [:]

        public init() {}
    }

    /// What can become of an instruction. Of a conditional jump at most two are left out.
    public struct Outcomes: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Some path comes here.
        public static let reached = Outcomes(rawValue: 1)
        /// Conditional jumps: some path takes the jump.
        public static let taken = Outcomes(rawValue: 2)
        /// Conditional jumps: some path goes on at the next instruction.
        public static let notTaken = Outcomes(rawValue: 4)
    }

    /// A call of a helper that takes a map.
    public struct MapCall: Hashable, Sendable {
        /// Number of the map, where it is the same on every path and none within another.
        public var map: Int?
        /// Arrays: the least and the greatest index that the key has, where the verifier knows of any.
        public var index: ClosedRange<UInt32>?

        public init(map: Int? = nil, index: ClosedRange<UInt32>? = nil) {
            self.map = map
            self.index = index
        }

        /// What holds of both.
        func union(_ other: MapCall) -> MapCall {
            var both = MapCall(map: map == other.map ? map : nil)
            if let index, let other = other.index {
                both.index = min(index.lowerBound, other.lowerBound)...max(index.upperBound, other.upperBound)
            }
            return both
        }
    }
}
