import ISA
import Object

/// Decides, before a program runs, whether it can do harm. See docs/verifier.md.
public enum Verifier {
    /// What a verifier is told beside the program.
    public struct Options: Sendable {
        public var limits = Limits()
        /// Helpers and map types that the runtime has. What else a program uses is `not-offered`, checked last.
        public var offered = Offer()
        /// Treat every helper and map type that is known as offered.
        public var assumeOffered = false
        /// Write down every instruction that is explored, up to `limits.logBytes`.
        public var keepsLog = false
        /// `ProgramType.memory`: bytes of the memory that r1 points to, where they are known.
        public var memoryBytes: Int?

        public init() {}
    }

    /// What the runtime has.
    public struct Offer: Sendable {
        /// Numbers of `enum bpf_func_id`, <linux/bpf.h>.
        public var helpers: Set<UInt32>
        public var mapTypes: Set<MapType>

        public init(helpers: Set<UInt32> = [], mapTypes: Set<MapType> = []) {
            self.helpers = helpers
            self.mapTypes = mapTypes
        }
    }

    /// What decides that a program is too complex. The same program gets the same verdict on every machine, but for
    /// `cpuMilliseconds`, which has a category of its own.
    public struct Limits: Hashable, Sendable {
        /// Instructions explored, each as often as it is met.
        public var instructions = 1_000_000
        /// Branches whose other side is still to be explored.
        public var pendingBranches = 8192
        /// Words of states that are stored and compared with others, each as often as it is.
        public var comparedWords = 128 << 20
        /// Bytes of all states that are kept, for pruning and for pending branches.
        public var stateBytes = 256 << 20
        /// The thread's CPU time.
        public var cpuMilliseconds = 2000
        public var logBytes = 8 << 20

        public init() {}
    }

    /// How a verification ended.
    public struct Verdict: Sendable {
        /// Nil: accepted.
        public var rejection: Rejection?
        public var facts = Facts()
        public var statistics = Statistics()
        /// Nil unless `keepsLog`.
        public var log: String?

        public var isAccepted: Bool { rejection == nil }
    }

    public struct Statistics: Hashable, Sendable {
        public var instructionsExplored = 0
        public var statesStored = 0
        public var statesPruned = 0
        /// Bytes of states at their most.
        public var peakStateBytes = 0
        public var cpuMicroseconds = 0
    }

    /// The helper's name in C, `bpf_map_lookup_elem`; nil for a number that has none.
    public static func helperName(_ number: UInt32) -> String? { HelperTable.name(number) }

    /// The same with the reason why no runtime but a kernel has it, where there is one: for lists of what is not offered.
    public static func helperWithReason(_ number: UInt32) -> String {
        let name = HelperTable.name(number) ?? "helper \(number)"
        return HelperTable.needsKernel(number).map { "\(name) (\($0))" } ?? name
    }
}
