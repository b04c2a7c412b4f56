/// A bug that others' verifiers have had, which tests can plant in this one: they show that the fuzzer or the tables would
/// find it. In release builds there are none.
enum PlantedFlaw: String, CaseIterable, Sendable {
    // What is known of numbers
    /// A comparison of 32 bits is taken for one of 64.
    case comparison32RefinesWord
    /// The smaller-or-equal side of a comparison is refined as if it were smaller.
    case atMostRefinesAsLess
    /// A negative immediate is taken for a number of 32 bits.
    case immediateIsUnsigned
    /// No divisor is zero.
    case divisorIsNeverZero
    /// A shift by more than the width is taken for one by the width less one.
    case shiftAmountIsNotMasked
    /// The smallest number divided by -1 is the largest.
    case smallestByMinusOne
    /// ALU32 is taken for ALU64.
    case alu32IsWide
    /// A sign-extending move extends with zeros.
    case signExtensionByZeros

    // What belongs together
    /// A copy still learns from its original after arithmetic on either.
    case copySurvivesArithmetic
    /// What is learnt of one copy goes to the others without the distance between them.
    case copyDistanceIgnored
    /// A null check of one lookup's result is good for another's.
    case nullCheckOfAnother
    /// Arithmetic on a pointer that may be null.
    case nullPointerArithmetic
    /// What a packet pointer was compared for is good for one with another variable offset.
    case packetRangeOfAnother
    /// A packet pointer keeps its range when a number that is not known is added.
    case packetRangeSurvivesAddition
    /// `pointer <= end` is taken for `pointer < end`.
    case endIsInside
    /// Packet pointers stay good when a helper moves the packet.
    case packetSurvivesMove
    /// r1 to r5 stay good over calls.
    case argumentsSurviveCall
    /// An atomic operation with fetch leaves its register as it was.
    case fetchIsForgotten

    // The stack
    /// A write to some bytes of a spilled pointer leaves it whole.
    case spillSurvivesOverwrite
    /// A load of the lower half of a spilled number yields the whole.
    case halfOfSpillIsWhole
    /// A store to a place that is only bounded leaves what was there.
    case variableStoreForgotten
    /// Bytes that were never written may be read.
    case stackIsInitialized
    /// More than 512 bytes of stack in all.
    case stackDepthIgnored
    /// A function may return a pointer to its own stack.
    case deadStackPointer

    // Pruning
    /// A state that allows less covers one that allows more.
    case pruningIsReversed
    /// States are compared without ranges of numbers.
    case pruningIgnoresRanges
    /// States are compared without ids.
    case pruningIgnoresIDs
    /// States are compared without whether a pointer may be null.
    case pruningIgnoresNull
    /// States are compared without how much of the packet was checked.
    case pruningIgnoresPacketRange
    /// r6 and r7 are said to be dead everywhere.
    case livenessForgetsRegisters
    /// The upper stack slots are said to be dead everywhere.
    case livenessForgetsStack
    /// A loop that comes back to where it was is left alone.
    case endlessLoop

    // Accesses and calls
    /// The size that a helper accesses is one too small.
    case helperSizeOffByOne
    /// The end of a map's value is one byte later.
    case valueEndOffByOne
    /// A negative offset into a map's value.
    case negativeValueOffset
    /// Flags of maps are ignored.
    case readOnlyIgnored
    /// A pointer may be stored where others read it.
    case pointerLeak
    /// A jump into an LDDW.
    case jumpIntoWide

    #if DEBUG
        /// The flaw that is planted in this task.
        @TaskLocal static var current: PlantedFlaw?

        static func isPlanted(_ flaw: PlantedFlaw) -> Bool { current == flaw }
    #else
        @inline(__always)
        static func isPlanted(_ flaw: PlantedFlaw) -> Bool { false }
    #endif
}
