import ISA

@testable import Verifier

/// All abstract states that a verification went through, as far as they are held against runs.
final class Exploration {
    /// The live registers of the top frame, and how many frames there were.
    struct Known {
        var frames: Int
        var registers: [Register]
    }

    /// By slot.
    private(set) var states: [[Known]]
    let live: LiveRegisters
    /// Numbers of the live registers, by slot.
    let numbers: [[Int]]

    init(_ code: [Instruction]) {
        states = Array(repeating: [], count: code.count)
        let live = LiveRegisters(code)
        self.live = live
        numbers = code.indices.map { slot in (0..<10).filter { live.masks[slot] & 1 << UInt16($0) != 0 } }
    }

    func note(_ slot: Int, _ state: State) {
        // The verifier begins anew where it had forgotten too much.
        if slot == 0, state.frames.count == 1, isStart(state) {
            for index in states.indices { states[index].removeAll(keepingCapacity: true) }
        }
        let registers = state.top.registers
        states[slot].append(Known(frames: state.frames.count, registers: numbers[slot].map { registers[$0] }))
    }

    private func isStart(_ state: State) -> Bool {
        let registers = state.top.registers
        return registers[1].kind == .context
            && (0..<10).allSatisfy {
                $0 == 1 || registers[$0].kind == .uninitialized && registers[$0].absence == .unwritten
            }
            && state.top.slotCount == 0
    }
}
