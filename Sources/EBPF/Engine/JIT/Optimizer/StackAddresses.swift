import ISA

/// Which registers may hold addresses in the stack, and which bytes of the stack are ever read.
struct StackAddresses {
    /// Registers that may hold such an address, before the step that is looked at.
    private(set) var current: RegisterSet = 0
    /// Whether any byte may be read.
    private(set) var isReadAnywhere = false

    private static let frame: RegisterSet = 1 << 10
    private static let stackBytes = 512
    private static let mostPasses = 12

    /// At jump targets and functions' starts.
    private var atTarget: [RegisterSet] = []
    private var isTarget: [Bool] = []
    /// Whether an address in the stack is stored anywhere, so that it may be loaded again.
    private var isSpilled = false
    private var read = [Bool](repeating: false, count: Self.stackBytes)
    private var storeOffsets: [Int: Int] = [:]

    init() {}

    /// - Parameter goesForward: what leads to a step comes before it: one pass sees all.
    init(_ steps: [NativeStep], _ isTarget: [Bool], goesForward: Bool) {
        self.isTarget = isTarget
        atTarget = [RegisterSet](repeating: 0, count: steps.count + 1)
        for _ in 0..<Self.mostPasses where !pass(steps) || goesForward { return }
        atTarget = [RegisterSet](repeating: 0x7FF, count: steps.count + 1)
        isSpilled = true
    }

    /// Follows all steps once; whether that changed anything.
    private mutating func pass(_ steps: [NativeStep]) -> Bool {
        var changed = false
        var set = Self.frame
        func merge(_ target: Int, _ other: RegisterSet, _ sets: inout [RegisterSet]) {
            if sets[target] | other != sets[target] {
                sets[target] |= other
                changed = true
            }
        }
        for index in steps.indices {
            if isTarget[index] {
                merge(index, set, &atTarget)
                set = atTarget[index] | Self.frame
            }
            let step = steps[index]
            if step.form == .omitted { continue }
            if step.operation == .stx64, set & 1 << RegisterSet(step.src) != 0, !isSpilled {
                isSpilled = true
                changed = true
            }
            let after = self.after(step, set)
            if let distance = step.jumpDistance { merge(index + distance, set, &atTarget) }
            if step.operation == .lddw, let target = FunctionPointer.index(UInt64(bitPattern: step.imm)),
                target < isTarget.count
            {
                // Helpers hand it addresses.
                merge(target, NativeStep.arguments | Self.frame, &atTarget)
            }
            if step.operation == .callLocal {
                merge(index + 1 + Int(step.offset), set & (NativeStep.arguments | Self.frame), &atTarget)
            }
            set = step.endsBlock ? Self.frame : after
        }
        return changed
    }

    private func after(_ step: NativeStep, _ set: RegisterSet) -> RegisterSet {
        let dst = RegisterSet(1) << RegisterSet(step.dst)
        let src = RegisterSet(1) << RegisterSet(step.src)
        switch step.operation {
        case .mov64Reg: return set & src != 0 ? set | dst : set & ~dst
        case .ldx64: return isSpilled && step.form == .plain ? set | dst : set & ~dst
        case .callHelper: return set & ~0x3F
        // What a subprogram gives back may come from what it was given.
        case .callLocal, .callx: return set & NativeStep.arguments != 0 || isSpilled ? set & ~0x3E | 1 : set & ~0x3F
        case _ where step.operation.isAtomic:
            return isSpilled ? set | step.registers.writes : set & ~step.registers.writes
        case _ where step.operation.takesRegister && !step.operation.isJump:
            return set & src != 0 ? set | dst : set
        case .mov64Imm, .mov32Imm, .lddw, .ldx8, .ldx16, .ldx32, .ldxs8, .ldxs16, .ldxs32: return set & ~dst
        default: return set
        }
    }

    // MARK: Reads

    /// Goes to the next step.
    mutating func enter(_ index: Int) {
        if isTarget[index] { current = atTarget[index] | Self.frame }
        if index == 0 { current |= Self.frame }
    }

    /// Notes what a step reads from the stack and where it stores, and moves behind it.
    mutating func note(_ step: NativeStep, _ index: Int, _ values: KnownValues) {
        noteReads(step, index, values)
        current = step.endsBlock ? Self.frame : after(step, current)
    }

    private func holds(_ register: UInt8) -> Bool { current & 1 << RegisterSet(register) != 0 }

    private mutating func noteReads(_ step: NativeStep, _ index: Int, _ values: KnownValues) {
        if step.form == .lookup {
            // A key that is read where it lies.
            if step.src == 10 || step.src == 2 && holds(2) { noteRead(values.stackOffset(2), 4) }
            return
        }
        switch step.operation {
        case .ldx8, .ldxs8: noteLoad(step, 1, values)
        case .ldx16, .ldxs16: noteLoad(step, 2, values)
        case .ldx32, .ldxs32: noteLoad(step, 4, values)
        case .ldx64: noteLoad(step, 8, values)
        case _ where step.operation.isAtomic:
            if holds(step.dst) { noteRead(values.stackOffset(step.dst).map { $0 + Int(step.offset) }, 8) }
        case .callHelper, .callLocal, .callx:
            let reads = step.form == .mapCall ? step.registers.reads : NativeStep.arguments
            if current & reads != 0 { isReadAnywhere = true }
        default:
            if step.operation.storeWidth != nil, let base = values.stackOffset(step.dst) {
                storeOffsets[index] = base + Int(step.offset)
            }
        }
    }

    /// Notes that a lookup or update reads a key or a value in the stack; nil: a key where r2 points to.
    mutating func noteArgumentRead(_ offset: Int?, bytes: Int) {
        if offset != nil || holds(2) { noteRead(offset, bytes) }
    }

    /// Moves behind a step of which all reads are noted.
    mutating func pass(_ step: NativeStep) { current = after(step, current) }

    private mutating func noteLoad(_ step: NativeStep, _ bytes: Int, _ values: KnownValues) {
        guard step.form != .contextLoad, holds(step.src) else { return }
        noteRead(values.stackOffset(step.src).map { $0 + Int(step.offset) }, bytes)
    }

    private mutating func noteRead(_ offset: Int?, _ bytes: Int) {
        guard let offset, offset >= -Self.stackBytes, offset + bytes <= 0 else {
            isReadAnywhere = true
            return
        }
        for byte in offset..<offset + bytes { read[-byte - 1] = true }
    }

    /// The distance from r10 at which a step stores, where that is known.
    func storeOffset(_ index: Int) -> Int? { storeOffsets[index] }

    func isRead(_ offset: Int, bytes: Int) -> Bool {
        guard offset >= -Self.stackBytes, offset + bytes <= 0 else { return true }
        return (offset..<offset + bytes).contains { read[-$0 - 1] }
    }
}
