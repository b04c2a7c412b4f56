import ISA
import Maps

/// A program as the compilers of all processors take it: its steps, rewritten if it was verified, and what is known of
/// them.
struct NativeProgram {
    let steps: [NativeStep]
    let flow: NativeFlow
    private(set) var lookups: [NativeOptimizer.Lookup] = []
    private(set) var hashLookups: [NativeOptimizer.HashLookup] = []
    /// Whether the program's context is memory of its own, and whether what it leaves there counts.
    let needsContext: Bool
    let writesContext: Bool
    let fuel: NativeFuel
    /// Whether a run may run out of fuel: else nothing of it is counted.
    let tracksFuel: Bool
    /// Whether subprograms are called: the entry function is one too, then.
    let hasFrames: Bool
    /// The most fuel that a run takes where nothing of it is counted; nil where it is.
    var fuelBound: Int? { tracksFuel ? nil : fuel.bound(steps, flow) }

    /// - Parameter inLine: the lookups in hash maps that the compiler can write in line.
    init(_ source: NativeSource, hashLookups inLine: NativeOptimizer.HashLookups) {
        let core = source.core
        var writesContext = true
        let instructions = UnsafeBufferPointer(
            start: core.pointee.instructions, count: core.pointee.instructionCount)
        var steps = instructions.map { NativeStep($0) }
        if let facts = source.facts {
            let optimizer = NativeOptimizer(steps, facts, core: core, inLine: inLine)
            steps = optimizer.steps
            lookups = optimizer.lookups
            hashLookups = optimizer.hashLookups
            needsContext = optimizer.needsContext
            writesContext = needsContext || facts.writesContext
        } else {
            needsContext = true
        }
        flow = NativeFlow(&steps, omitsDead: source.facts != nil)
        // Another program may write to it, and finds what this one has written.
        self.writesContext = writesContext || flow.hasTailCall
        self.steps = steps
        fuel = NativeFuel(maps: core.pointee.maps, mapCount: core.pointee.mapCount, slots: core.pointee.slots)
        tracksFuel = source.facts == nil || fuel.bound(steps, flow) > core.pointee.fuel
        hasFrames = flow.hasLocalCalls || flow.hasCallx || flow.hasCallbacks
    }
}
