import ISA

@testable import Engine
@testable import Verifier

/// Holds a run against the facts that the verifier told the engine.
struct FactCheck {
    let code: [Instruction]
    let facts: Verifier.Facts
    let core: UnsafeMutablePointer<ProgramCore>
    /// The conditional jump that was the last instruction: where it goes.
    private var jump: (slot: Int, target: Int)?

    init(_ code: [Instruction], _ facts: Verifier.Facts, core: UnsafeMutablePointer<ProgramCore>) {
        self.code = code
        self.facts = facts
        self.core = core
    }

    /// What is wrong with what the facts say of this step, ahead of which the run stands.
    mutating func flaw(_ step: InterpreterStep) -> String? {
        guard code.indices.contains(step.slot) else { return nil }
        guard facts.outcomes[step.slot].contains(.reached) else { return "said not to be reached" }
        if let jump, jump.target != jump.slot + 1 {
            let outcome: Verifier.Outcomes = step.slot == jump.target ? .taken : .notTaken
            guard facts.outcomes[jump.slot].contains(outcome) else {
                return "the jump at \(jump.slot) was said not to do this"
            }
        }
        let instruction = code[step.slot]
        jump = instruction.isConditionalJump ? (step.slot, step.slot + 1 + Int(instruction.offset)) : nil
        guard let call = facts.mapCalls[step.slot] else { return nil }
        if let map = call.map, step.registers[1] != UInt64(UInt(bitPattern: core.pointee.maps + map)) {
            return "said to be a call with map \(map)"
        }
        if let index = call.index, let key = UnsafeRawPointer(bitPattern: UInt(step.registers[2])) {
            let value = key.loadUnaligned(as: UInt32.self)
            guard index.contains(value) else { return "index \(value) said to be in \(index)" }
        }
        return nil
    }
}

extension Instruction {
    /// `JMP` and `JMP32` but for JA, CALL and EXIT, RFC 9669 section 4.3.
    fileprivate var isConditionalJump: Bool {
        let family = opcode & 7
        guard family == 5 || family == 6 else { return false }
        return ![0x00, 0x80, 0x90].contains(opcode & 0xF0)
    }
}
