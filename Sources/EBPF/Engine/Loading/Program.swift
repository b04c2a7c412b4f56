import Glibc
import ISA
import Maps
import Object
import Synchronization
import Verifier

/// A program ready to run: decoded, bound to its maps.
public final class Program: @unchecked Sendable {
    public let name: String
    /// `LoadOptions.name` of the object that it came with.
    public let objectName: String
    public let type: ProgramType
    /// The linked wire form, with functions and source lines.
    public let code: ObjectProgram
    public let maps: [Map]
    /// The verdict that lets it run; nil for one that nobody verified, whose accesses are checked as it runs.
    public let verification: Verification?
    public let domain: WorkerDomain
    /// Of all programs of the process: what user space reads of a program in a map.
    public let id: UInt32
    let core: UnsafeMutablePointer<ProgramCore>
    private static let lastID = Atomic<UInt32>(0)
    private let trace: TraceLog
    private let fib: FIBTable?
    /// What runs it; nil where the interpreter does.
    let nativeCode: NativeCode?

    /// Limits of one run.
    public struct Options: Sendable {
        /// Instructions that one run may take, counted where they repeat: a back-edge costs those that it goes back
        /// over, a return those between the subprogram's start and its exit, a helper call what it hashes and copies.
        public var fuel: Int
        /// Check every access at run time, of verified programs too: the interpreter does.
        public var checksAccesses: Bool
        /// What is to run the program.
        public var engine: Engine
        /// Run natively what nobody verified: nothing is checked then, and the program can do whatever the process can.
        /// For processes that do nothing else.
        public var allowsUnverifiedNative = false
        /// Routes, neighbours and interfaces for `bpf_fib_lookup` and `bpf_check_mtu`, of the program's domain; nil: there
        /// are none.
        public var fib: FIBTable?

        public init(
            fuel: Int = 1 << 24, checksAccesses: Bool = false, engine: Engine = .standard, fib: FIBTable? = nil
        ) {
            self.fuel = fuel
            self.checksAccesses = checksAccesses
            self.engine = engine
            self.fib = fib
        }
    }

    /// What runs a program.
    public enum Engine: String, CaseIterable, Sendable {
        case interpreter
        /// Native code, made when the program is; where there can be none, the interpreter.
        case jit

        /// What runs a program where nobody says: native code on x86-64. That of arm64 has not run on a processor yet, and
        /// is for those who ask for it: by this option, or by `SWALE_ENGINE=jit` in the environment.
        public static let standard = choose(asked: getenv("SWALE_ENGINE").map { String(cString: $0) }, host: .host)

        static func choose(asked: String?, host: NativeProcessor?) -> Engine {
            asked.flatMap(Engine.init) ?? (host == .x86 ? .jit : .interpreter)
        }

        /// Whether Swale has it for this processor.
        public var isAvailable: Bool { self == .interpreter || NativeProcessor.host != nil }
    }

    /// A program that nobody verified, for tests and `swale exec`. Map references count into `maps`.
    ///
    /// - Parameter facts: what the verifier found, of the same code for the same type and maps; without, every access is
    ///   checked.
    /// - Throws: `LoadError` for instructions that do not exist and helpers that are not offered, unless `validate` is
    ///   false; then such an instruction is a fault when it is reached.
    public convenience init(
        _ code: ObjectProgram, type: ProgramType, maps: [Map] = [], domain: WorkerDomain, trace: TraceLog,
        options: Options = Options(), facts: Verifier.Facts? = nil, validate: Bool = true
    ) throws(LoadError) {
        if validate { try Self.validate(code, mapCount: maps.count) }
        self.init(
            code, type: type, maps: maps, domain: domain, trace: trace, options: options, facts: facts,
            verification: nil)
    }

    /// Verifies `code`, for `maps` as they are, and binds it to them.
    ///
    /// - Parameter verifier: where it says `memoryBytes`, the program may run on memory of that length only.
    public convenience init(
        verifying code: ObjectProgram, type: ProgramType, maps: [Map] = [], domain: WorkerDomain, trace: TraceLog,
        options: Options = Options(), verifier: Verifier.Options = .engine
    ) throws(LoadError) {
        let descriptions = maps.map { MapDescription(name: $0.name, attributes: $0.attributes, inner: $0.inner) }
        let verdict = Verifier.verify(code, type: type, maps: descriptions, options: verifier)
        if let rejection = verdict.rejection { throw .rejected(rejection) }
        self.init(
            code, type: type, maps: maps, domain: domain, trace: trace, options: options, facts: verdict.facts,
            verification: Verification(function: code.name, type: type, verdict: verdict))
    }

    /// Binds `code` to `maps`, which are what the verifier was told. Without `facts` every access is checked.
    init(
        _ code: ObjectProgram, type: ProgramType, maps: [Map], domain: WorkerDomain, trace: TraceLog,
        options: Options, facts: Verifier.Facts?, verification: Verification?, objectName: String = ""
    ) {
        name = code.name
        self.objectName = objectName
        self.type = type
        self.code = code
        self.maps = maps
        self.domain = domain
        id = Self.lastID.wrappingAdd(1, ordering: .relaxed).newValue
        self.trace = trace
        precondition(options.fib.map { $0.domain === domain } ?? true, "routes of another domain")
        fib = options.fib
        self.verification = verification

        let cores = UnsafeMutablePointer<MapCore>.allocate(capacity: max(maps.count, 1))
        let regions = UnsafeMutablePointer<ValueRegion>.allocate(capacity: max(maps.count, 1))
        for (index, map) in maps.enumerated() {
            (cores + index).initialize(to: map.core)
            (regions + index).initialize(to: ValueRegion(map))
        }
        var decoder = Decoder(
            mapPointer: { maps.indices.contains($0) ? UInt64(UInt(bitPattern: cores + $0)) : nil },
            mapValue: { index in
                guard maps.indices.contains(index), let value = maps[index].core.directValue() else { return nil }
                return UInt64(UInt(bitPattern: value))
            })
        let checksAccesses = options.checksAccesses || facts == nil
        if type == .xdp, !checksAccesses, let facts { decoder.contextLoads = facts.contextLoads }
        let decoded = decoder.decode(code.instructions)
        let count = decoded.instructions.count
        let instructions = UnsafeMutablePointer<DecodedInstruction>.allocate(capacity: count)
        instructions.initialize(from: decoded.instructions, count: count)
        let wireSlots = UnsafeMutablePointer<Int32>.allocate(capacity: count)
        wireSlots.initialize(from: decoded.slots, count: count)
        let states = UnsafeMutablePointer<RunState>.allocate(capacity: domain.slots)
        let stackFrames = code.mayWaitForItself ? RunState.maxFrames + TailCall.most : RunState.maxFrames
        for slot in 0..<domain.slots {
            (states + slot).initialize(to: RunState(slot: slot, stackFrames: stackFrames))
            states[slot].native.firstFuel = options.fuel
            states[slot].bases = ValueBases(cores, count: maps.count, slot: slot)
        }

        core = .allocate(capacity: 1)
        core.initialize(
            to: ProgramCore(
                instructions: instructions, instructionCount: count, wireSlots: wireSlots, type: type,
                maps: cores, mapCount: maps.count, regions: regions, states: states, slots: domain.slots,
                fuel: options.fuel, checksAccesses: checksAccesses,
                trace: .passUnretained(trace), fib: options.fib.map { .passUnretained($0) }))
        let mayBeNative = checksAccesses ? facts == nil && options.allowsUnverifiedNative : true
        nativeCode =
            options.engine == .jit && mayBeNative
            ? NativeCode(NativeSource(core: core, facts: checksAccesses ? nil : facts)) : nil
        core.pointee.native = nativeCode?.entry
        core.pointee.nativeCallback = nativeCode?.callback
        core.pointee.nativeFuel = nativeCode?.fuelBound
    }

    deinit {
        for slot in 0..<core.pointee.slots { core.pointee.states[slot].deallocate() }
        core.pointee.states.deallocate()
        core.pointee.instructions.deallocate()
        core.pointee.wireSlots.deallocate()
        core.pointee.regions.deallocate()
        core.pointee.maps.deallocate()
        core.deallocate()
    }

    /// What runs this program.
    public var engine: Engine { nativeCode == nil ? .interpreter : .jit }

    /// What a worker holds; valid while this program lives.
    public var executable: Executable { Executable(core: core) }

    /// Runs and faults, summed over the workers. Read while they run: each number is right, their sum may lag.
    public struct Statistics: Hashable, Sendable {
        public var runs: UInt64 = 0
        public var faults: [Fault: UInt64] = [:]
    }

    public var statistics: Statistics {
        var sum = Statistics()
        for slot in 0..<core.pointee.slots {
            sum.runs += Self.relaxed(&core.pointee.states[slot].runs)
            for fault in Fault.allCases where fault != .none {
                let count = Self.relaxed(core.pointee.states[slot].faults + Int(fault.rawValue))
                if count > 0 { sum.faults[fault, default: 0] += count }
            }
        }
        return sum
    }

    /// A counter that a worker writes with plain stores of 8 bytes.
    private static func relaxed(_ counter: UnsafeMutablePointer<UInt64>) -> UInt64 {
        UnsafeMutableRawPointer(counter).assumingMemoryBound(to: Atomic<UInt64>.self).pointee.load(ordering: .relaxed)
    }

    /// The instruction of the last fault in a slot, and the address that it wanted; nil where there was none.
    public func lastFault(slot: Int) -> (instruction: Int, address: UInt64)? {
        let state = core.pointee.states[slot]
        return state.faultSlot < 0 ? nil : (Int(state.faultSlot), state.faultAddress)
    }
}

extension Program {
    /// The checks that need no analysis: structure, helpers, map references.
    private static func validate(_ code: ObjectProgram, mapCount: Int) throws(LoadError) {
        do throws(ISAError) {
            try InstructionValidator.validate(code.instructions)
        } catch {
            throw .instruction(function: code.name, error)
        }
        var slot = 0
        while slot < code.instructions.count {
            let instruction = code.instructions[slot]
            switch InstructionTable.operation(of: instruction) {
            case .callHelper where Helper(number: UInt32(bitPattern: instruction.imm)) == nil:
                throw .helper(function: code.name, instruction: slot, number: instruction.imm)
            case .callKfunc where KernelFunction(rawValue: instruction.imm) == nil:
                throw .unsupported(
                    function: code.name, instruction: slot, what: "kernel function \(instruction.imm) is not offered")
            case .ldAbs8, .ldAbs16, .ldAbs32, .ldInd8, .ldInd16, .ldInd32:
                throw .unsupported(
                    function: code.name, instruction: slot, what: "legacy packet access is not offered")
            case .lddw where instruction.src == 1 || instruction.src == 2:
                guard instruction.imm >= 0, instruction.imm < mapCount else {
                    throw .unsupported(
                        function: code.name, instruction: slot, what: "there is no map \(instruction.imm)")
                }
            case .lddw where instruction.src != 0 && instruction.src != 4:
                throw .unsupported(
                    function: code.name, instruction: slot,
                    what: "lddw with source \(instruction.src) is not offered")
            default: break
            }
            slot += instruction.isWide ? 2 : 1
        }
    }
}

extension ValueRegion {
    init(_ map: Map) {
        let region = map.core.valueRegion
        start = UInt(bitPattern: region.base)
        end = start + UInt(region.bytes)
        valueSize = UInt(map.attributes.valueSize)
        readable = !map.attributes.flags.contains(.writeOnlyProgram)
        writable = !map.attributes.flags.contains(.readOnlyProgram)
    }
}
