import ISA
import Object

/// What may still be read of registers and stack, for each slot of a program: two states that differ in nothing else
/// are as good as one.
///
/// Sound: what is said to be dead is not read before it is written, on any path. It relies on a rule that is checked
/// when paths are followed: no address of a function's own stack gets to its callers, by their stacks or as a result.
struct Liveness: Sendable {
    /// Bit `n`: r`n` may be read before it is written, from just before the slot on. r0 to r9.
    private(set) var registers: [UInt16]
    /// Bit `i`: bytes `r10 - 8 * (i + 1) ..< r10 - 8 * i` of the slot's own function may be.
    private(set) var stack: [UInt64]
    /// Slots of calls during which callees may read the caller's stack.
    private var escaping: Set<Int> = []

    /// `mostVisits`: instructions of a function that are looked at, each as often as need be, before all of its stack
    /// and registers count as live; however large, it is bounded by the function's size.
    init(_ program: ObjectProgram, _ flow: ControlFlow, maps: [MapDescription] = [], mostVisits: Int = .max) {
        registers = Array(repeating: 0, count: program.instructions.count)
        stack = Array(repeating: 0, count: program.instructions.count)
        // Callees first: what they read of their arguments, their callers do.
        for index in flow.callOrder.reversed() {
            let solver = FunctionLiveness(program.instructions, flow, flow.functions[index], maps, mostVisits)
            let found = solver.solve { self.registers[flow.functions[$0].start] & RegisterUse.arguments }
            let range = flow.functions[index].start..<flow.functions[index].end
            registers.replaceSubrange(range, with: found.registers)
            stack.replaceSubrange(range, with: found.stack)
            escaping.formUnion(solver.escaping)
        }
        if PlantedFlaw.isPlanted(.livenessForgetsRegisters) { registers = registers.map { $0 & ~0xC0 } }
        if PlantedFlaw.isPlanted(.livenessForgetsStack) { stack = stack.map { $0 & ~0xF } }
    }

    /// Registers of the caller that may be read after the call at `slot` returned, or, for a helper with a callback,
    /// when it calls again.
    func registersDuringCall(at slot: Int, isCallback: Bool) -> UInt16 {
        isCallback ? registers[slot] : registers[slot + 1] & RegisterUse.preserved
    }

    /// The caller's stack, as far as it may be read during the call at `slot` or after it.
    func stackDuringCall(at slot: Int) -> UInt64 {
        escaping.contains(slot) ? .max : stack[slot] | stack[slot + 1]
    }
}
