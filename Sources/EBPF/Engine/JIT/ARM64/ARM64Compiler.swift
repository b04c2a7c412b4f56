import ISA
import Maps
import Object

/// Makes arm64 code of a program: one pass over its steps, each written as a few instructions.
///
/// | r0 | r1 to r5 | r6 to r9 | r10 | state | fuel | frame | result | end of frames | scratch |
/// |---|---|---|---|---|---|---|---|---|---|
/// | x7 | x0 to x4 | x19 to x22 | x25 | x23 | x24 | x26 | x27 | x28 | x9, x10, x11 |
///
/// r1 to r5 are where the procedure call standard has a function's arguments, so that helpers are called without moves; r6
/// to r10 and what the burst's loop needs are where it keeps values over calls. The stack of the program is that of
/// `RunState`.
struct ARM64Compiler: CodeGenerator, NativeCompiler {
    var assembler: ARM64Assembler
    let program: NativeProgram
    let steps: [NativeStep]
    let flow: NativeFlow
    let tracksFuel: Bool
    let source: NativeSource
    let core: UnsafePointer<ProgramCore>
    /// Label of the first step; the others follow.
    let firstLabel: ARM64Assembler.Label
    let bodyEndLabel: ARM64Assembler.Label
    let exitLabel: ARM64Assembler.Label
    let faultLabel: ARM64Assembler.Label
    /// Goes on with the next frame.
    let nextLabel: ARM64Assembler.Label
    /// Start of a run.
    let burstLabel: ARM64Assembler.Label
    /// Exits with a fault, which are written behind everything else.
    var faultExits: [FaultExit] = []
    /// Ends of lookups that find nothing.
    var nullExits: [NullExit] = []
    /// Registers whose value is known here.
    var constants = KnownConstants()

    struct FaultExit {
        var label: ARM64Assembler.Label
        var index: Int
        /// Nil: what `RunState.helperFault` says.
        var fault: Fault?
    }

    struct NullExit {
        var label: ARM64Assembler.Label
        /// Where to go on with r0 = 0.
        var next: ARM64Assembler.Label
    }

    static let state = ARM64Register.x23
    static let fuel = ARM64Register.x24
    static let stack = ARM64Register.x25
    static let frame = ARM64Register.x26
    static let result = ARM64Register.x27
    static let end = ARM64Register.x28
    static let scratch = ARM64Register.x9
    static let scratch2 = ARM64Register.x10
    static let scratch3 = ARM64Register.x11

    /// The register that holds r0 to r10.
    static let registers: [ARM64Register] = [.x7, .x0, .x1, .x2, .x3, .x4, .x19, .x20, .x21, .x22, .x25]

    static func generate(_ source: NativeSource) -> GeneratedCode {
        var compiler = ARM64Compiler(source)
        guard !compiler.flow.hasCallbacks, !compiler.flow.hasLocks else {
            return GeneratedCode(bytes: [], offsets: [], bodyEnd: 0, deferredEnd: 0, callback: nil, lines: [])
        }
        compiler.writeProgram()
        return compiler.finish()
    }

    private init(_ source: NativeSource) {
        self.source = source
        core = source.core
        program = NativeProgram(source, hashLookups: .none)
        steps = program.steps
        flow = program.flow
        tracksFuel = program.tracksFuel
        assembler = ARM64Assembler(listing: source.listing, expectedInstructions: steps.count)
        firstLabel = assembler.labels(steps.count)
        bodyEndLabel = assembler.label()
        exitLabel = assembler.label()
        faultLabel = assembler.label()
        nextLabel = assembler.label()
        burstLabel = assembler.label()
        assembler.table = assembler.label()
    }

    @inline(__always)
    func label(_ index: Int) -> ARM64Assembler.Label {
        ARM64Assembler.Label(number: firstLabel.number + Int32(truncatingIfNeeded: index))
    }

    @inline(__always)
    func register(_ number: UInt8) -> ARM64Register { Self.registers[Int(number)] }

    func field(_ offset: Int32) -> ARM64Address { ARM64Address(Self.state, offset) }

    // MARK: The program

    private mutating func writeProgram() {
        writeBurstStart()
        if program.hasFrames {
            assembler.call(label(0))
            writeBurstEnd()
        }
        writeSteps()
        assembler.bind(bodyEndLabel)
        if !program.hasFrames { writeBurstEnd() }
        writeNullExits()
        writeFaults()
        if flow.hasCallx { writeTable() }
    }

    private mutating func writeSteps() {
        var isReached = true
        // Steps that were written with the one before them.
        var written = 0
        for index in steps.indices {
            if flow.isTarget[index] || flow.hasCallx {
                isReached = true
                constants.forgetAll()
            }
            guard isReached, index >= written else { continue }
            assembler.bind(label(index))
            let step = steps[index]
            if step.form == .omitted {
                isReached = !step.endsBlock
            } else if source.facts != nil, let last = fuse(index) {
                for fused in index...last { constants.note(steps[fused]) }
                written = last + 1
                isReached = !steps[last].endsBlock
            } else {
                write(step, index)
                isReached = !step.endsBlock
            }
        }
    }

    /// Writes the step and those that follow as one, where that can be; gives the last of them.
    private mutating func fuse(_ index: Int) -> Int? {
        let step = steps[index]
        if step.form == .lookup { return fuseLookup(step, index) }
        guard step.form == .plain, step.operation == .mov64Reg || step.operation == .mov32Reg else { return nil }
        return fuseMove(step, index)
    }

    private mutating func write(_ step: NativeStep, _ index: Int) {
        // Constants are looked up before the step changes them.
        defer { constants.note(step) }
        switch step.form {
        case .omitted: return
        case .plain: break
        case .contextLoad: return load(step.operation, register(step.dst), ARM64Address(Self.frame, step.offset))
        case .swappedLoad: return writeSwappedLoad(step)
        case .load48, .swappedLoad48, .maskedLoad48: return writeLoad48(step)
        case .lookup: return writeLookup(step, index)
        case .mapCall: return writeMapCall(step, index)
        case .hashLookup, .hashUpdate: preconditionFailure("hash lookups were not asked for")
        }
        switch step.operation {
        case .callHelper: writeHelperCall(step, index)
        case .callLocal: writeLocalCall(step, index)
        case .callx: writeCallx(step, index)
        case .exit: writeExit(index)
        case .callKfunc, .ldAbs8, .ldAbs16, .ldAbs32, .ldInd8, .ldInd16, .ldInd32:
            assembler.jump(faultExit(.badInstruction, index))
        case .ja, .ja32: writeJump(index, distance: Int(step.offset))
        case .lddw:
            let value = UInt64(bitPattern: step.imm)
            assembler.mov(register(step.dst), UInt64(source.addresses(UInt(value))))
        case _ where step.operation.isJump: writeBranch(step, index)
        case _ where step.operation.rawValue < Operation.jeq64Imm.rawValue:
            writeArithmetic(step, left: register(step.dst))
        default: writeAccess(step)
        }
    }

    /// A place that ends the run with a fault of the step.
    mutating func faultExit(_ fault: Fault?, _ index: Int) -> ARM64Assembler.Label {
        let label = assembler.label()
        faultExits.append(FaultExit(label: label, index: index, fault: fault))
        return label
    }

    /// An address of the process that is to run the code.
    mutating func mov(_ dst: ARM64Register, address: UInt) {
        assembler.mov(dst, UInt64(source.addresses(address)))
    }

    private mutating func finish() -> GeneratedCode {
        let linked = assembler.link()
        let first = Int(firstLabel.number)
        return GeneratedCode(
            bytes: linked.bytes, offsets: Array(linked.labels[first..<first + steps.count]),
            bodyEnd: Int(linked.labels[Int(bodyEndLabel.number)]),
            deferredEnd: Int(linked.labels[Int(bodyEndLabel.number)]), lines: linked.lines)
    }
}
