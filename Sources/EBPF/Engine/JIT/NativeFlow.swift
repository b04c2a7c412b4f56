import ISA
import Maps

/// What a code generator wants to know of a program as a whole. Made in time in proportion to its length.
struct NativeFlow {
    /// Whether something other than the step before leads to a step: a jump or a call.
    private(set) var isTarget: [Bool]
    /// Registers that may be read from a step on.
    private(set) var liveBefore: [RegisterSet]
    /// Registers that the program reads or writes, r10 among them.
    private(set) var used: RegisterSet = 0
    private(set) var hasBackEdges = false
    private(set) var hasLocalCalls = false
    private(set) var hasCallx = false
    private(set) var hasHelperCalls = false
    /// Whether helpers are called that call functions of the program.
    private(set) var hasCallbacks = false
    /// Whether locks are taken, which a fault must give back.
    private(set) var hasLocks = false
    /// Whether helpers are called that look at the frame.
    private(set) var hasFrameHelpers = false
    private(set) var hasTailCall = false

    /// - Parameter omitsDead: steps whose results nothing reads become `omitted`.
    init(_ steps: inout [NativeStep], omitsDead: Bool) {
        isTarget = [Bool](repeating: false, count: steps.count + 1)
        liveBefore = [RegisterSet](repeating: 0, count: steps.count + 1)
        for index in steps.indices { noteFlow(steps[index], index) }
        findLiveRegisters(steps, omitsDead)
        if omitsDead { omitDead(&steps) }
        for step in steps { noteUse(step) }
    }

    private mutating func noteUse(_ step: NativeStep) {
        let (reads, writes) = step.registers
        used |= reads | writes
        if step.form != .omitted, step.dst == 10 || step.src == 10 { used |= 1 << 10 }
    }

    private mutating func noteFlow(_ step: NativeStep, _ index: Int) {
        if step.form == .omitted { return }
        if let distance = step.jumpDistance {
            isTarget[index + distance] = true
            if distance <= 0 { hasBackEdges = true }
        }
        switch step.operation {
        case .callLocal:
            hasLocalCalls = true
            isTarget[index + 1 + Int(step.offset)] = true
        case .callx: hasCallx = true
        case .callHelper:
            if step.form == .lookup { break }
            hasHelperCalls = true
            if step.form == .hashLookup || step.form == .hashUpdate { break }
            let entry = Helper(number: UInt32(truncatingIfNeeded: step.imm))?.entry
            if entry?.body != nil { hasFrameHelpers = true }
            if entry?.callsBack == true { hasCallbacks = true }
            if entry?.helper == .spinLock { hasLocks = true }
            if step.imm == Int64(Helper.tailCall.rawValue) { hasTailCall = true }
        case .lddw:
            // A function pointer leads somewhere.
            if let target = FunctionPointer.index(UInt64(bitPattern: step.imm)), target < isTarget.count {
                isTarget[target] = true
            }
        default: break
        }
    }

    /// Registers that may be read after a step that is no jump.
    @inline(__always)
    func liveAfter(_ index: Int) -> RegisterSet { liveBefore[index + 1] }

    /// Passes over the whole program until nothing changes; nested loops take one for each level.
    private static let mostPasses = 12

    private mutating func findLiveRegisters(_ steps: [NativeStep], _ omitsDead: Bool) {
        for _ in 0..<Self.mostPasses {
            var changed = false
            for index in steps.indices.reversed() {
                let live = liveBefore(steps[index], index, omitsDead)
                if live != liveBefore[index] {
                    liveBefore[index] = live
                    changed = true
                }
            }
            if !changed || !hasBackEdges { return }
        }
        // Whoever nests that deep gets no more than correct code.
        for index in liveBefore.indices { liveBefore[index] = 0x3FF }
    }

    @inline(__always)
    private func liveBefore(_ step: NativeStep, _ index: Int, _ omitsDead: Bool) -> RegisterSet {
        if step.form == .omitted { return liveBefore[index + 1] }
        var live: RegisterSet
        switch step.operation {
        case .exit, .callKfunc: live = 0
        case .ja, .ja32: live = liveBefore[index + 1 + Int(step.offset)]
        default:
            live = liveBefore[index + 1]
            if step.operation.isJump { live |= liveBefore[index + 1 + Int(step.offset)] }
        }
        let (reads, writes) = step.registers
        // What is read only for a result that nobody reads is not read.
        if omitsDead, step.isPure, live & writes == 0 { return live }
        return live & ~writes | reads
    }

    private func omitDead(_ steps: inout [NativeStep]) {
        for index in steps.indices where steps[index].isPure {
            if liveBefore[index + 1] & steps[index].registers.writes == 0 { steps[index].form = .omitted }
        }
    }
}
