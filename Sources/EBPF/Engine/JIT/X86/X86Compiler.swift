import ISA
import Maps
import Object

/// Makes x86-64 code of a program: one pass over its steps, each written as a few instructions.
///
/// | r0 | r1 | r2 | r3 | r4 | r5 | r6 | r7 | r8 | r9 | r10 | state | fuel | scratch |
/// |---|---|---|---|---|---|---|---|---|---|---|---|---|---|
/// | rax | rdi | rsi | rdx | rcx | r8 | rbx | r13 | r14 | r15 | rbp | r12 | r9 | r10, r11 |
///
/// r1 to r5 are where the C convention has a function's arguments, so that helpers are called without moves; r6 to r9
/// are where it keeps values over calls. The stack of the program is that of `RunState`.
struct X86Compiler: CodeGenerator, NativeCompiler {
    var assembler: X86Assembler
    var steps: [NativeStep]
    var flow: NativeFlow
    let lookups: [NativeOptimizer.Lookup]
    let hashLookups: [NativeOptimizer.HashLookup]
    /// Whether the program's context is memory of its own, and whether what it leaves there counts.
    let needsContext: Bool
    let writesContext: Bool
    let source: NativeSource
    let core: UnsafePointer<ProgramCore>
    let fuel: NativeFuel
    /// Whether a run may run out of fuel: else nothing of it is counted.
    let tracksFuel: Bool
    /// `NativeProgram.fuelBound`
    let fuelBound: Int?
    /// Whether subprograms are called: the entry function is one too, then.
    let hasFrames: Bool
    /// Label of the first step; the others follow.
    let firstLabel: X86Assembler.Label
    let bodyEndLabel: X86Assembler.Label
    let deferredEndLabel: X86Assembler.Label
    let exitLabel: X86Assembler.Label
    let faultLabel: X86Assembler.Label
    /// Goes on with the next frame.
    let nextLabel: X86Assembler.Label
    /// Runs a function for a helper.
    let callbackLabel: X86Assembler.Label
    let callbackFaultLabel: X86Assembler.Label
    /// Start of a run.
    let burstLabel: X86Assembler.Label
    /// Where native code holds the current frame and its result; nil: in the state.
    var contextRegister: X86Register?
    var resultRegister: X86Register?
    /// Exits with a fault, which are written behind everything else.
    var faultExits: [FaultExit] = []
    /// Ends of lookups that find nothing.
    var nullExits: [NullExit] = []
    var hashLookupExits: [HashLookupExit] = []
    var referenceExits: [ReferenceExit] = []
    /// Steps that are written behind the program.
    var deferredBlocks: [Range<Int>] = []
    /// Steps that are written now: what comes behind them is not what follows the last.
    var writtenRange = 0..<0
    /// For each map that lookups are in line of, the first of its constants.
    var hashConstants: [X86Assembler.Label?] = []
    /// 16 times the high bit of a tag.
    var tagBits: X86Assembler.Label?
    /// 6 bytes of ones.
    var mask48: X86Assembler.Label?
    /// For each register the step that wrote it last.
    var lastWrite: [Int32] = [Int32](repeating: -1, count: 11)
    /// Registers whose value is known here.
    var constants = KnownConstants()

    struct FaultExit {
        var label: X86Assembler.Label
        var index: Int
        /// Nil: what `RunState.helperFault` says.
        var fault: Fault?
    }

    struct NullExit {
        var label: X86Assembler.Label
        /// Where to go on, with this in r0.
        var next: X86Assembler.Label
        var value: Int64 = 0
    }

    static let state = X86Register.r12
    static let fuelRegister = X86Register.r9
    static let scratch = X86Register.r11
    static let scratch2 = X86Register.r10

    /// The register that holds r0 to r10.
    static let registers: [X86Register] = [
        .rax, .rdi, .rsi, .rdx, .rcx, .r8, .rbx, .r13, .r14, .r15, .rbp,
    ]

    static func generate(_ source: NativeSource) -> GeneratedCode {
        var compiler = X86Compiler(source)
        compiler.writeProgram()
        return compiler.finish()
    }

    private init(_ source: NativeSource) {
        self.source = source
        core = source.core
        let program = NativeProgram(source, hashLookups: Self.hashLookups(source.features))
        steps = program.steps
        flow = program.flow
        lookups = program.lookups
        hashLookups = program.hashLookups
        needsContext = program.needsContext
        writesContext = program.writesContext
        fuel = program.fuel
        tracksFuel = program.tracksFuel
        fuelBound = program.fuelBound
        hasFrames = program.hasFrames
        assembler = X86Assembler(listing: source.listing, expectedInstructions: steps.count)
        firstLabel = assembler.labels(steps.count)
        bodyEndLabel = assembler.label()
        deferredEndLabel = assembler.label()
        exitLabel = assembler.label()
        faultLabel = assembler.label()
        nextLabel = assembler.label()
        callbackLabel = assembler.label()
        callbackFaultLabel = assembler.label()
        burstLabel = assembler.label()
        assembler.table = assembler.label()
        chooseBurstRegisters()
    }

    /// Gives what no register of the program needs to the burst's loop.
    private mutating func chooseBurstRegisters() {
        // A function that a helper calls finds nothing of this code's in registers.
        if flow.hasCallbacks { return }
        var free: [X86Register] = []
        for number in [9, 8, 7, 6] where flow.used & (1 << RegisterSet(number)) == 0 {
            free.append(Self.registers[number])
        }
        if !hasFrames && !flow.hasHelperCalls {
            if flow.used & 1 << 10 == 0 { free.append(.rbp) }
            if !tracksFuel { free.append(Self.fuelRegister) }
            for number in [5, 2] where flow.used & (1 << RegisterSet(number)) == 0 && number > argumentCount {
                free.append(Self.registers[number])
            }
        }
        contextRegister = free.popLast()
        resultRegister = free.popLast()
    }

    /// Registers that hold arguments when the program starts.
    private var argumentCount: Int { core.pointee.type == .memory ? 2 : 1 }

    @inline(__always)
    func label(_ index: Int) -> X86Assembler.Label {
        X86Assembler.Label(number: firstLabel.number + Int32(truncatingIfNeeded: index))
    }

    @inline(__always)
    func register(_ number: UInt8) -> X86Register { Self.registers[Int(number)] }

    // MARK: The program

    private mutating func writeProgram() {
        writeBurstStart()
        if hasFrames {
            writeCallOfMain()
            writeBurstEnd()
        }
        writeSteps(steps.indices)
        assembler.bind(bodyEndLabel)
        if !hasFrames { writeBurstEnd() }
        while let block = deferredBlocks.popLast() {
            constants.forgetAll()
            writeSteps(block)
        }
        assembler.bind(deferredEndLabel)
        writeHashLookupExits()
        writeReferenceExits()
        writeNullExits()
        writeFaults()
        if flow.hasCallbacks { writeCallback() }
        if flow.hasCallx || flow.hasCallbacks { writeTable() }
        assembler.writeConstants()
    }

    private mutating func writeSteps(_ range: Range<Int>) {
        writtenRange = range
        var isReached = true
        // Steps that were written with the one before them.
        var written = 0
        for index in range {
            if flow.isTarget[index] || flow.hasCallx {
                isReached = true
                constants.forgetAll()
            }
            guard isReached, index >= written else { continue }
            assembler.bind(label(index))
            if steps[index].form == .omitted {
                isReached = !steps[index].endsBlock
            } else if source.facts != nil, let last = fuse(index) {
                for fused in index...last {
                    constants.note(steps[fused])
                    noteWrite(fused)
                }
                written = last + 1
                isReached = !steps[last].endsBlock
            } else {
                write(steps[index], index)
                noteWrite(index)
                isReached = !steps[index].endsBlock
            }
        }
    }

    private mutating func noteWrite(_ index: Int) {
        if steps[index].isPure { lastWrite[Int(steps[index].dst)] = Int32(truncatingIfNeeded: index) }
    }

    private mutating func write(_ step: NativeStep, _ index: Int) {
        // Constants are looked up before the step changes them.
        defer { constants.note(step) }
        switch step.form {
        case .omitted: return
        case .plain: break
        case .contextLoad:
            let field = X86Address(loadContext(Self.scratch), step.offset)
            switch step.operation {
            case .ldxs8: assembler.loadSigned(.bits8, register(step.dst), field)
            case .ldxs32: assembler.loadSigned(.bits32, register(step.dst), field)
            default: assembler.load(step.operation.loadSize, register(step.dst), field)
            }
            return
        case .swappedLoad: return writeSwappedLoad(step)
        case .load48, .swappedLoad48: return writeLoad48(step)
        case .maskedLoad48: return writeMaskedLoad48(step)
        case .lookup: return writeLookup(step, index)
        case .hashLookup: return writeHashLookup(step, index)
        case .hashUpdate: return writeHashUpdate(step, index)
        case .mapCall: return writeMapCall(step, index)
        }
        switch step.operation {
        case .callHelper: writeHelperCall(step, index)
        case .callLocal: writeLocalCall(step, index)
        case .callx: writeCallx(step, index)
        case .exit: writeExit(index)
        case .callKfunc, .ldAbs8, .ldAbs16, .ldAbs32, .ldInd8, .ldInd16, .ldInd32:
            assembler.jump(faultExit(.badInstruction, index))
        case .ja, .ja32: writeJump(index, distance: Int(step.offset))
        case .lddw: assembler.mov(register(step.dst), step.imm)
        case _ where step.operation.isJump: writeBranch(step, index)
        case _ where step.operation.rawValue < Operation.jeq64Imm.rawValue: writeArithmetic(step, index)
        default: writeAccess(step)
        }
    }

    /// A place that ends the run with a fault of the step.
    mutating func faultExit(_ fault: Fault?, _ index: Int) -> X86Assembler.Label {
        let label = assembler.label()
        faultExits.append(FaultExit(label: label, index: index, fault: fault))
        return label
    }

    private mutating func finish() -> GeneratedCode {
        let linked = assembler.link()
        let first = Int(firstLabel.number)
        return GeneratedCode(
            bytes: linked.bytes, offsets: Array(linked.labels[first..<first + steps.count]),
            bodyEnd: Int(linked.labels[Int(bodyEndLabel.number)]),
            deferredEnd: Int(linked.labels[Int(deferredEndLabel.number)]),
            callback: flow.hasCallbacks ? Int(linked.labels[Int(callbackLabel.number)]) : nil, fuelBound: fuelBound,
            lines: linked.lines)
    }
}
