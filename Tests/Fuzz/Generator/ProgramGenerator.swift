import ISA
import Object

/// Writes random programs that look like programs: what they touch they have mostly checked before.
///
/// It keeps a model of what registers and stack hold, and chooses statements that make sense there; now and then it makes
/// a mistake on purpose. Each program has its own mixture of statements.
public struct ProgramGenerator {
    var random: Random
    var code = CodeBuilder()
    var model = Model()
    /// Joined models of the jumps to labels that are not placed yet.
    var arrivals: [CodeBuilder.Label: Model] = [:]
    let type: ProgramType
    let maps: [MapAttributes]
    var features: GeneratedProgram.Features = []
    var functions: [Function] = []
    /// The function that is being written; -1: the entry.
    var function = -1
    /// Registers that are not written: what a loop relies on.
    var locked: Set<Int> = []
    /// Registers that get nothing but numbers.
    var numeric: Set<Int> = []
    var lockedSlots: Set<Int> = []
    /// Calls leave r0 to r5 without meaning.
    var mayCall = true
    var depth = 0
    var loops = 0
    /// Where failing checks go.
    var bails: [CodeBuilder.Label] = []
    var nextID = 1
    let weights: [Int]
    /// Chance of a mistake, in percent, wherever one can be made.
    let mistakePercent: Int
    var mistakes = 0
    var limit: Int

    /// A subprogram, written once all calls of it are known.
    struct Function {
        var label: CodeBuilder.Label
        var arguments: [Value]
        /// The argument that it returns, from 1; 0: a number.
        var returned: Int
    }

    static let statementKinds: [(weight: Int, make: @Sendable (inout ProgramGenerator) -> Void)] = [
        (24, { $0.arithmetic() }), (6, { $0.copy() }), (8, { $0.packetCheck() }), (14, { $0.packetAccess() }),
        (5, { $0.variablePacketAccess() }), (3, { $0.contextLoad() }), (8, { $0.lookup() }), (10, { $0.valueAccess() }),
        (6, { $0.variableValueAccess() }), (3, { $0.updateOrDelete() }), (6, { $0.stackStore() }),
        (6, { $0.stackLoad() }), (7, { $0.spill() }), (7, { $0.fill() }), (3, { $0.overwriteSpill() }),
        (12, { $0.branch() }), (5, { $0.loop() }), (4, { $0.call() }), (3, { $0.atomic() }), (2, { $0.helper() }),
        (3, { $0.directValue() }), (4, { $0.boundedUse() }), (4, { $0.variableStack() }), (4, { $0.learnFromCopy() }),
        (4, { $0.twoLookups() }), (4, { $0.storeOnBothSides() }),
    ]

    /// A program of its own for each random state.
    public static func program(_ random: Random) -> GeneratedProgram {
        var generator = ProgramGenerator(random)
        generator.write()
        return GeneratedProgram(
            instructions: generator.code.linked(), type: generator.type, maps: generator.maps,
            features: generator.features)
    }

    private init(_ source: Random) {
        var random = source
        type = random.chance(70) ? .xdp : .vale
        maps = (0..<random.pick(1...3)).map { _ in Self.map(&random) }
        // Each program leaves some kinds of statement out and has more of others.
        weights = Self.statementKinds.map { kind in
            random.chance(20) ? 0 : kind.weight * random.pick(1...4)
        }
        mistakePercent = random.pick([0, 0, 2, 5, 12, 30])
        limit = random.pick(20...130)
        self.random = random
    }

    private static func map(_ random: inout Random) -> MapAttributes {
        let type = random.pick([
            MapType.array, .array, .array, .hash, .hash, .perCPUArray, .perCPUArray, .perCPUHash, .perCPUHash, .lpmTrie,
            random.pick([.lruHash, .lruPerCPUHash]),
        ])
        var flags: MapFlags = random.chance(8) ? .readOnlyProgram : []
        var keySize = random.pick([1, 2, 4, 4, 6, 8, 8, 12, 16])
        var maxEntries = random.pick([1, 1, 2, 3, 4, 8])
        switch type {
        case .array, .perCPUArray: keySize = 4
        case .lpmTrie:
            keySize = random.pick([5, 6, 8, 8, 12, 20])
            flags.insert(.noPrealloc)
        // What is evicted depends on the runs before: there is room for all that a run has the fuel to insert.
        case .lruHash, .lruPerCPUHash: maxEntries = FuzzMachine.fuel / 4
        default: break
        }
        return MapAttributes(
            type: type, keySize: keySize, valueSize: random.pick([1, 4, 8, 8, 12, 16, 24, 32, 48, 64]),
            maxEntries: maxEntries, flags: flags)
    }

    private mutating func write() {
        model.registers[1] = Value(kind: .context)
        if random.chance(85) {
            move(to: random.pick(6...9), from: 1)
        }
        body()
        var written = 0
        while written < functions.count {
            function = written
            let made = functions[written]
            written += 1
            limit = code.instructions.count + random.pick(4...30)
            model = Model()
            locked = []
            numeric = []
            lockedSlots = []
            code.place(made.label)
            for (index, argument) in made.arguments.enumerated() { model.registers[index + 1] = argument }
            if made.returned > 0 {
                move(to: 9, from: made.returned)
                locked.insert(9)
            }
            body(returns: made.returned > 0)
        }
    }

    /// Statements and an exit.
    private mutating func body(returns pointer: Bool = false) {
        let done = code.label()
        bails = [done]
        depth = 0
        while code.instructions.count < limit, model.isReachable { statement() }
        place(done)
        if pointer {
            emit(.mov64Reg, dst: 0, src: 9)
        } else if model.registers[0].kind != .number || random.chance(20) {
            if !oops() { writeNumber(0) }
        }
        emit(.exit)
        model.isReachable = false
    }

    mutating func statement() {
        Self.statementKinds[random.pick(weights: weights)].make(&self)
    }

    /// A few statements; what they check for leads behind them.
    mutating func block(_ count: Int) {
        let end = code.label()
        bails.append(end)
        depth += 1
        for _ in 0..<count where model.isReachable { statement() }
        depth -= 1
        bails.removeLast()
        place(end)
    }

    /// Whether to make a mistake here.
    mutating func oops() -> Bool {
        guard mistakePercent > 0, mistakes < 3, random.chance(mistakePercent) else { return false }
        mistakes += 1
        return true
    }

    // Emission

    mutating func emit(_ operation: Operation, dst: Int = 0, src: Int = 0, offset: Int = 0, imm: Int32 = 0) {
        code.emit(Instruction(operation, dst: dst, src: src, offset: offset, imm: imm))
    }

    /// A conditional jump; the model goes with it.
    mutating func jump(
        _ operation: Operation, dst: Int = 0, src: Int = 0, imm: Int32 = 0, to label: CodeBuilder.Label
    ) {
        code.emit(Instruction(operation, dst: dst, src: src, imm: imm), to: label)
        arrive(label, model)
    }

    /// `ja`, or rarely `gotol`.
    mutating func jumpAlways(to label: CodeBuilder.Label) {
        code.emit(Instruction(random.chance(10) ? .ja32 : .ja), to: label)
        arrive(label, model)
        model.isReachable = false
    }

    mutating func arrive(_ label: CodeBuilder.Label, _ model: Model) {
        if arrivals[label] == nil { arrivals[label] = model } else { arrivals[label]?.join(model) }
    }

    mutating func place(_ label: CodeBuilder.Label) {
        code.place(label)
        if let arrived = arrivals.removeValue(forKey: label) { model.join(arrived) }
    }

    /// Where a failing check goes: mostly behind the innermost block.
    mutating func bail() -> CodeBuilder.Label {
        random.chance(75) ? bails[bails.count - 1] : random.pick(bails)
    }

    // Registers

    func registers(_ kind: Value.Kind) -> [Int] { model.registers.indices.filter { model.registers[$0].kind == kind } }

    mutating func pick(_ kind: Value.Kind) -> Int? {
        let found = registers(kind)
        return found.isEmpty ? nil : random.pick(found)
    }

    /// A register to write to.
    mutating func target(number: Bool = false, except: Set<Int> = []) -> Int? {
        let usable = (0...9).filter {
            !locked.contains($0) && !except.contains($0) && (number || !numeric.contains($0))
        }
        guard !usable.isEmpty else { return nil }
        let empty = usable.filter { model.registers[$0].kind == .none }
        if !empty.isEmpty, random.chance(65) { return random.pick(empty) }
        let plain = usable.filter { !model.registers[$0].isPointer }
        return plain.isEmpty || random.chance(10) ? random.pick(usable) : random.pick(plain)
    }

    mutating func move(to: Int, from: Int) {
        emit(.mov64Reg, dst: to, src: from)
        model.registers[to] = from == 10 ? Value(kind: .stack) : model.registers[from]
    }

    /// A number that is in a register.
    mutating func number(except: Set<Int> = []) -> Int? {
        let found = registers(.number).filter { !except.contains($0) }
        if !found.isEmpty, random.chance(85) { return random.pick(found) }
        guard let register = target(number: true, except: except) else { return found.first }
        writeNumber(register)
        return register
    }

    /// Makes a register a number.
    mutating func writeNumber(_ register: Int) {
        let readable = readablePointers().filter { $0 != register || !locked.contains(register) }
        if !readable.isEmpty, random.chance(55) {
            load(into: register, from: random.pick(readable))
            return
        }
        if let context = pick(.context), random.chance(15) {
            let (offset, operation): (Int, Operation) =
                type == .xdp ? (random.pick([12, 16]), .ldx32) : random.pick([(16, .ldx32), (20, .ldx8)])
            emit(operation, dst: register, src: context, offset: offset)
            model.registers[register] = .number(limit: operation == .ldx8 ? 0xFF : 0xFFFF_FFFF)
            return
        }
        let value = random.edge()
        if Int64(bitPattern: value) == Int64(Int32(truncatingIfNeeded: value)) {
            emit(.mov64Imm, dst: register, imm: Int32(truncatingIfNeeded: value))
            model.registers[register] = .number(limit: value)
        } else if random.chance(50) {
            emit(.mov32Imm, dst: register, imm: Int32(truncatingIfNeeded: value))
            model.registers[register] = .number(limit: value & 0xFFFF_FFFF)
        } else {
            code.emitWide(
                dst: register, src: 0, imm: Int32(truncatingIfNeeded: value),
                next: Int32(truncatingIfNeeded: value >> 32))
            model.registers[register] = .number(limit: value)
        }
    }
}
