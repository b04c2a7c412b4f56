import ISA
import Object

extension ControlFlow {
    /// Jumps stay in their function, and no function runs past its end.
    func checkTargets() throws(Rejection) {
        for function in functions {
            var last = function.start
            for slot in function.start..<function.end where operations[slot] != nil {
                last = slot
                guard let target = successors(of: slot).jump else { continue }
                guard (function.start..<function.end).contains(target) else {
                    throw Rejection(
                        .controlFlow, "the jump leads to instruction \(target), which is outside its function",
                        function: function.name, instruction: slot)
                }
            }
            switch operations[last] {
            case .ja, .ja32, .exit: break
            default:
                throw Rejection(
                    .controlFlow, "execution runs past the end of the function", function: function.name,
                    instruction: last, suggestion: "end the function with exit or a jump")
            }
        }
    }

    /// Every instruction can be reached from the entry, by jumps, calls and addresses of callbacks.
    func checkReach() throws(Rejection) {
        var reached = [Bool](repeating: false, count: operations.count)
        var pending = [0]
        while let start = pending.popLast() {
            var next: Int? = start
            while let slot = next, !reached[slot] {
                reached[slot] = true
                let successors = successors(of: slot)
                if let jump = successors.jump, !reached[jump] { pending.append(jump) }
                if operations[slot] == .callLocal || operations[slot] == .lddw, let callee = reference(at: slot) {
                    pending.append(functions[callee].start)
                }
                next = successors.next
            }
        }
        for slot in operations.indices where operations[slot] != nil && !reached[slot] {
            throw Rejection(
                .controlFlow, "nothing leads to the instruction", function: functions[function(at: slot)].name,
                instruction: slot, suggestion: "remove the code, or compile with -O2, which removes it")
        }
    }
}

extension Rejection {
    /// What `InstructionValidator` found.
    init(_ error: ISAError, in program: ObjectProgram) {
        let category: Category
        let slot: Int?
        switch error {
        case .length, .empty:
            category = .malformed
            slot = nil
        case .unknownOpcode(_, let at), .unknownSelector(_, _, _, let at), .badRegister(_, let at),
            .writesFramePointer(let at), .reserved(_, _, let at), .truncatedWide(let at), .badSecondSlot(let at):
            category = .malformed
            slot = at
        case .jumpOutside(_, let at), .jumpIntoWide(_, let at), .fallsOffEnd(let at):
            category = .controlFlow
            slot = at
        }
        var reason = error.description
        if let slot, reason.hasPrefix("insn \(slot): ") { reason.removeFirst("insn \(slot): ".count) }
        let function = slot.flatMap { slot in program.functions.last { $0.start <= slot } } ?? program.functions.first
        self.init(category, reason, function: function?.name ?? program.name, instruction: slot)
    }
}
