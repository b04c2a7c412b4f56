import ISA
import Maps
import Object
import Verifier

/// Rewrites the steps of a verified program into ones that take less, for any processor. One pass forward, in which what
/// registers and stack hold is known from one jump target to the next.
///
/// - Jumps that go one way only, and steps that are never reached, as the verifier saw it, are gone.
/// - Fields of the context are loaded from the frame's struct.
/// - Lookups in arrays become address computations, with the key from its register or as a constant.
/// - Lookups in plain hash maps get their key from where it comes; other calls on maps go to the map's own functions.
/// - Bytes that are loaded one by one and put together become one load.
/// - Loads from the stack of what was just stored become moves; stores that nothing loads are gone.
struct NativeOptimizer {
    var steps: [NativeStep]
    var lookups: [Lookup] = []
    var hashLookups: [HashLookup] = []
    /// Whether fields of the context are loaded from its own memory.
    let needsContext: Bool

    let core: UnsafePointer<ProgramCore>
    let facts: Verifier.Facts
    let inLine: HashLookups
    var isTarget: [Bool]
    /// Whether every step is run before those behind it only.
    private var goesForward = true
    var stack: StackAddresses
    var values = KnownValues()

    init(
        _ steps: [NativeStep], _ facts: Verifier.Facts, core: UnsafePointer<ProgramCore>, inLine: HashLookups
    ) {
        self.steps = steps
        self.core = core
        self.facts = facts
        self.inLine = inLine
        needsContext = facts.outcomes.isEmpty
        isTarget = []
        stack = StackAddresses()
        removeUnreached()
        findTargets()
        stack = StackAddresses(self.steps, isTarget, goesForward: goesForward)
        for index in self.steps.indices { rewrite(index) }
        if !stack.isReadAnywhere { removeUnreadStores() }
    }

    /// Takes the verifier's word for what is never run.
    private mutating func removeUnreached() {
        guard !facts.outcomes.isEmpty else { return }
        for index in steps.indices {
            let slot = Int(core.pointee.wireSlots[index])
            guard facts.outcomes.indices.contains(slot) else { continue }
            let outcome = facts.outcomes[slot]
            if !outcome.contains(.reached) {
                steps[index].form = .omitted
            } else if steps[index].operation.isConditionalJump {
                if !outcome.contains(.taken) { steps[index].form = .omitted }
                if !outcome.contains(.notTaken) { steps[index].operation = .ja }
            }
        }
    }

    private mutating func findTargets() {
        isTarget = [Bool](repeating: false, count: steps.count + 1)
        for index in steps.indices where steps[index].form != .omitted {
            if let distance = steps[index].jumpDistance {
                isTarget[index + distance] = true
                if distance <= 0 { goesForward = false }
            }
            if steps[index].operation == .lddw,
                let target = FunctionPointer.index(UInt64(bitPattern: steps[index].imm)), target < isTarget.count
            {
                isTarget[target] = true
                goesForward = false
            }
            if steps[index].operation == .callLocal {
                isTarget[index + 1 + Int(steps[index].offset)] = true
                goesForward = false
            }
        }
    }

    // MARK: One step

    private mutating func rewrite(_ index: Int) {
        if isTarget[index] { values.forgetAll() }
        stack.enter(index)
        guard steps[index].form != .omitted else { return }
        rewriteContextLoad(index)
        rewriteStackLoad(index)
        removeMask(index)
        if steps[index].operation == .callHelper { rewriteHelperCall(index) }
        let mayBeStack = stack.current
        if steps[index].form == .hashLookup || steps[index].form == .hashUpdate {
            noteKeyRead(index)
        } else {
            stack.note(steps[index], index, values)
        }
        values.note(steps[index], mayBeStack: mayBeStack)
        combineLoads(index)
    }

    private mutating func rewriteContextLoad(_ index: Int) {
        guard !needsContext, steps[index].operation.isLoad,
            let field = facts.contextLoads[Int(core.pointee.wireSlots[index])],
            let place = FrameContext.field(field, type: core.pointee.type)
        else { return }
        if place.isRing, facts.writesContext { return }
        steps[index].form = .contextLoad
        steps[index].operation = place.load(as: steps[index].operation)
        steps[index].offset = place.offset
    }

    /// What was stored whole, and is still in its register or a constant, is not loaded again.
    private mutating func rewriteStackLoad(_ index: Int) {
        let step = steps[index]
        guard step.form == .plain, let width = step.operation.loadWidth, let base = values.stackOffset(step.src),
            let stored = values.stored(at: base + Int(step.offset), bytes: width)
        else { return }
        switch stored {
        case .constant(let value):
            steps[index].operation = .lddw
            steps[index].imm = Int64(bitPattern: UInt64(bitPattern: value) & (UInt64.max >> UInt64(64 - width * 8)))
        case .register(let register) where width >= 4:
            steps[index].operation = width == 8 ? .mov64Reg : .mov32Reg
            steps[index].src = register
        case .register: return
        }
    }

    /// A mask that leaves all bits that there can be.
    private mutating func removeMask(_ index: Int) {
        let step = steps[index]
        let bytes: Int? =
            switch step.operation {
            case .and64Imm, .and32Imm: step.imm == 0xFF ? 1 : step.imm == 0xFFFF ? 2 : nil
            case .le16: 2
            case .le32: 4
            case .mov32Reg where step.dst == step.src: 4
            default: nil
            }
        if let bytes, let known = values.byteCount(step.dst), known <= bytes { steps[index].form = .omitted }
    }

    /// Where the bytes that a step has put together lie side by side, it becomes a load of them.
    private mutating func combineLoads(_ index: Int) {
        let step = steps[index]
        guard step.form == .plain, step.operation.putsBytesTogether, let run = values.byteRun(step.dst) else { return }
        guard values.isCurrent(run) else { return }
        let forms: (NativeStep.Form, NativeStep.Form) =
            run.count == 6
            ? (isReadBehind(run, index) ? .maskedLoad48 : .load48, .swappedLoad48) : (.plain, .swappedLoad)
        steps[index].form = run.isSwapped ? forms.1 : forms.0
        steps[index].operation = run.count == 2 ? .ldx16 : run.count == 4 ? .ldx32 : .ldx64
        steps[index].src = run.base
        steps[index].offset = run.offset
    }

    private static let nearby = 8

    /// Whether the two bytes behind a run of 6 are loaded too, by the same register, as surely as the run itself.
    private func isReadBehind(_ run: KnownValues.Run, _ index: Int) -> Bool {
        for next in index + 1..<min(index + Self.nearby, steps.count) {
            let step = steps[next]
            if isTarget[next] || step.jumpDistance != nil || step.endsBlock || step.operation.isCall { return false }
            if let width = step.operation.loadWidth, step.src == run.base, step.form == .plain,
                step.offset <= run.offset + 6, step.offset + Int32(width) >= run.offset + 8
            {
                return true
            }
            if step.registers.writes & 1 << RegisterSet(run.base) != 0 { return false }
        }
        return false
    }

    private mutating func removeUnreadStores() {
        for index in steps.indices where steps[index].form == .plain {
            guard let width = steps[index].operation.storeWidth, let offset = stack.storeOffset(index) else { continue }
            if !stack.isRead(offset, bytes: width) { steps[index].form = .omitted }
        }
    }
}

extension ProgramCore {
    /// The map whose address a register holds.
    func mapIndex(_ value: Int64) -> Int? {
        let offset = Int(value) &- Int(bitPattern: maps)
        let stride = MemoryLayout<MapCore>.stride
        guard offset >= 0, offset < mapCount &* stride, offset % stride == 0 else { return nil }
        return offset / stride
    }
}

extension FrameContext {
    /// A field of a context, as it is in this struct.
    struct Field {
        var offset: Int32
        var load: Operation
        var isRing = false

        /// The load that gives what `operation` gives of the context's field. A ring takes more bits there than here, none
        /// of them the sign, unless it is loaded as a byte.
        func load(as operation: Operation) -> Operation {
            switch operation {
            case .ldxs8 where load == .ldx8: .ldxs8
            case .ldxs32 where load == .ldx32: .ldxs32
            default: load
            }
        }
    }

    private static func offset(_ path: PartialKeyPath<FrameContext>) -> Int32 {
        Int32(MemoryLayout<FrameContext>.offset(of: path) ?? 0)
    }

    private static let data = Field(offset: offset(\.data), load: .ldx64)
    private static let dataEnd = Field(offset: offset(\.dataEnd), load: .ldx64)
    private static let dataMeta = Field(offset: offset(\.dataMeta), load: .ldx64)
    private static let ingressPort = Field(offset: offset(\.ingressPort), load: .ldx32)
    private static let ingressIfindex = Field(offset: offset(\.ingressIfindex), load: .ldx32)
    private static let egressIfindex = Field(offset: offset(\.egressIfindex), load: .ldx32)
    private static let ring = Field(offset: offset(\.ring), load: .ldx8, isRing: true)

    /// The field at an offset of a program's context.
    static func field(_ offset: Int, type: ProgramType) -> Field? {
        switch (type, offset) {
        case (.vale, ValeContext.data), (.xdp, XDPContext.data): data
        case (.vale, ValeContext.dataEnd), (.xdp, XDPContext.dataEnd): dataEnd
        case (.vale, ValeContext.ingressPort): ingressPort
        case (.vale, ValeContext.ring), (.xdp, XDPContext.rxQueueIndex): ring
        case (.xdp, XDPContext.dataMeta): dataMeta
        case (.xdp, XDPContext.ingressIfindex): ingressIfindex
        case (.xdp, XDPContext.egressIfindex): egressIfindex
        default: nil
        }
    }
}

extension Operation {
    var isConditionalJump: Bool { isJump && self != .ja }

    var isCall: Bool { self == .callHelper || self == .callLocal || self == .callx }

    var isLoad: Bool { rawValue >= Operation.ldx8.rawValue && rawValue <= Operation.ldxs32.rawValue }

    /// Bytes that a load takes, which it zero-extends.
    var loadWidth: Int? {
        switch self {
        case .ldx8: 1
        case .ldx16: 2
        case .ldx32: 4
        case .ldx64: 8
        default: nil
        }
    }

    var storeWidth: Int? {
        switch self {
        case .st8, .stx8: 1
        case .st16, .stx16: 2
        case .st32, .stx32: 4
        case .st64, .stx64: 8
        default: nil
        }
    }

    /// Whether its result may be what one load gives.
    var putsBytesTogether: Bool {
        switch self {
        case .or64Reg, .or32Reg, .add64Reg, .add32Reg, .xor64Reg, .xor32Reg, .be16, .be32, .be64, .bswap16, .bswap32,
            .bswap64:
            true
        default: false
        }
    }
}
