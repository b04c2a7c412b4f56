import ISA
import Object

/// Where execution may go in a program: its functions, jumps and calls. Having one means that the structure is sound:
/// every target lies in its own function, no function runs past its end, every instruction can be reached, and no
/// chain of calls is too long or leads back to itself.
struct ControlFlow: Sendable {
    /// Ascending by `start`; the first is the entry.
    private(set) var functions: [FunctionInfo]
    /// What each slot does; nil for the second slot of an `LDDW`.
    let operations: [Operation?]
    /// Slots that a jump may lead to.
    private(set) var isJumpTarget: [Bool]
    /// Slots that a jump from the same slot or a later one leads to: every cycle holds one.
    private(set) var isLoopHead: [Bool]
    /// Indices of functions, callers before what they call.
    private(set) var callOrder: [Int] = []
    /// Where a jump goes besides the next instruction; -1 for all else.
    private let jumps: [Int32]

    /// Checks the structure of `program`. Throws `malformed`, `too-complex`, `control-flow` or
    /// `call-depth`, in this order.
    init(_ program: ObjectProgram) throws(Rejection) {
        let instructions = program.instructions
        do {
            try InstructionValidator.validate(instructions)
        } catch {
            guard case .jumpIntoWide = error, PlantedFlaw.isPlanted(.jumpIntoWide) else {
                throw Rejection(error, in: program)
            }
        }
        let operations = Self.operations(instructions)
        self.operations = operations
        jumps = instructions.indices.map { Self.jumpTarget(instructions, at: $0, operations[$0]) }
        isJumpTarget = Array(repeating: false, count: instructions.count)
        isLoopHead = isJumpTarget
        functions = Self.functions(of: program, operations)
        guard functions.count <= Self.mostFunctions else {
            throw Rejection(
                .tooComplex, "the program has \(functions.count) functions, at most \(Self.mostFunctions) are allowed",
                function: program.name)
        }
        for (slot, target) in jumps.enumerated() where target >= 0 {
            isJumpTarget[Int(target)] = true
            if target <= slot { isLoopHead[Int(target)] = true }
        }
        addReferences(instructions)
        try checkTargets()
        try checkReach()
        callOrder = try orderCalls()
        try checkFrames()
    }

    /// Where execution goes from a slot, within its function.
    struct Successors: Hashable, Sendable {
        /// The next instruction; nil after `ja` and `exit`.
        var next: Int?
        var jump: Int?
    }

    func successors(of slot: Int) -> Successors {
        let jump = jumps[slot] >= 0 ? Int(jumps[slot]) : nil
        switch operations[slot] {
        case .ja, .ja32, .exit: return Successors(next: nil, jump: jump)
        case .lddw: return Successors(next: slot + 2, jump: nil)
        default: return Successors(next: slot + 1, jump: jump)
        }
    }

    /// Index of the function that holds `slot`.
    func function(at slot: Int) -> Int {
        var low = 0
        var high = functions.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if functions[middle].start <= slot { low = middle } else { high = middle }
        }
        return low
    }

    /// Index of the function that the call or `LDDW` at `slot` names; nil where it names none.
    func reference(at slot: Int) -> Int? {
        let references = functions[function(at: slot)].references
        var low = 0
        var high = references.count
        while low < high {
            let middle = (low + high) / 2
            if references[middle].slot < slot { low = middle + 1 } else { high = middle }
        }
        return low < references.count && references[low].slot == slot ? references[low].function : nil
    }

    private static func operations(_ instructions: [Instruction]) -> [Operation?] {
        var operations: [Operation?] = []
        operations.reserveCapacity(instructions.count)
        while operations.count < instructions.count {
            let instruction = instructions[operations.count]
            operations.append(InstructionTable.operation(of: instruction))
            if instruction.isWide { operations.append(nil) }
        }
        return operations
    }

    private static func jumpTarget(_ instructions: [Instruction], at slot: Int, _ operation: Operation?) -> Int32 {
        guard let operation else { return -1 }
        switch operation.operands {
        case .jump, .jumpImm, .jumpReg: return Int32(slot + 1 + Int(instructions[slot].offset))
        case .jumpLong: return Int32(slot + 1 + Int(instructions[slot].imm))
        default: return -1
        }
    }

    /// The functions that the program names, and those that its calls and addresses lead to.
    private static func functions(of program: ObjectProgram, _ operations: [Operation?]) -> [FunctionInfo] {
        var names: [Int: String] = [0: program.name]
        for (slot, operation) in operations.enumerated() {
            if let target = referenceTarget(program.instructions, at: slot, operation) {
                names[target] = names[target] ?? "subprogram_\(target)"
            }
        }
        for function in program.functions.reversed()
        where operations.indices.contains(function.start) && operations[function.start] != nil {
            names[function.start] = function.name
        }
        let starts = names.keys.sorted()
        return zip(starts, starts.dropFirst() + [operations.count]).map { start, end in
            FunctionInfo(name: names[start] ?? "", start: start, end: end)
        }
    }

    /// Slot of the function that a call or `LDDW` names.
    private static func referenceTarget(_ instructions: [Instruction], at slot: Int, _ operation: Operation?) -> Int? {
        let instruction = instructions[slot]
        let refers =
            switch operation {
            case .callLocal: true
            case .lddw: instruction.src == WideSource.function.rawValue
            default: false
            }
        return refers ? slot + 1 + Int(instruction.imm) : nil
    }

    private mutating func addReferences(_ instructions: [Instruction]) {
        var current = 0
        for (slot, operation) in operations.enumerated() {
            if current + 1 < functions.count, functions[current + 1].start == slot { current += 1 }
            if operation == .callHelper, instructions[slot].imm == 12 { functions[current].hasTailCall = true }
            guard let target = Self.referenceTarget(instructions, at: slot, operation) else { continue }
            let callee = function(at: target)
            functions[current].references.append(
                FunctionInfo.Reference(slot: slot, function: callee, isCall: operation == .callLocal))
            if operation == .lddw { functions[callee].isCallback = true }
        }
    }
}
