import Object

@testable import Engine
@testable import Maps
@testable import Verifier

/// Whether what registers hold is among what the verifier said that they may hold.
struct Containment {
    let core: UnsafeMutablePointer<ProgramCore>
    let maps: [Map]

    /// Whether one of the states that were explored at the step's slot allows what its registers hold, all at once.
    ///
    /// - Parameter hint: index of the state that did so last; the search begins there.
    func holds(_ step: InterpreterStep, _ exploration: Exploration, hint: inout Int) -> Bool {
        let states = exploration.states[step.slot]
        let numbers = exploration.numbers[step.slot]
        for turn in states.indices {
            let index = (hint + turn) % states.count
            if holds(step, states[index], numbers) {
                hint = index
                return true
            }
        }
        return false
    }

    private func holds(_ step: InterpreterStep, _ known: Exploration.Known, _ numbers: [Int]) -> Bool {
        guard known.frames == step.depth + 1 else { return false }
        for (index, number) in numbers.enumerated() {
            let value = step.registers[number]
            guard allows(known.registers[index], value, step) else { return false }
            // Registers with one id are tied to each other.
            let id = known.registers[index].id
            guard id != 0 else { continue }
            for other in 0..<index where known.registers[other].id == id {
                guard areTied(known.registers[index], value, known.registers[other], step.registers[numbers[other]])
                else { return false }
            }
        }
        return true
    }

    private func areTied(_ a: Register, _ x: UInt64, _ b: Register, _ y: UInt64) -> Bool {
        guard a.kind == b.kind else { return true }
        if a.mayBeNull && b.mayBeNull { return (x == 0) == (y == 0) }
        guard a.isScalar || a.kind == .packet || a.kind == .packetMeta else { return true }
        return x &- UInt64(bitPattern: Int64(a.offset)) == y &- UInt64(bitPattern: Int64(b.offset))
    }

    /// Whether `register` may hold `value`.
    func allows(_ register: Register, _ value: UInt64, _ step: InterpreterStep) -> Bool {
        let state = step.state.pointee
        let offset = UInt64(bitPattern: Int64(register.offset))
        func isAt(_ base: UInt) -> Bool { register.number.contains(value &- UInt64(base) &- offset) }
        if register.mayBeNull && value == 0 { return true }
        switch register.kind {
        // Whoever reads it is refused.
        case .uninitialized: return true
        case .scalar: return register.number.contains(value)
        case .context: return isAt(UInt(bitPattern: state.context))
        case .stack:
            let top =
                UInt(bitPattern: state.stack) + UInt(RunState.stackBytes * (RunState.maxFrames - Int(register.frame)))
            return isAt(top)
        case .packet:
            return isAt(state.packetStart) && isChecked(register, value, end: state.packetEnd)
        case .packetMeta:
            return isAt(state.packetMeta) && isChecked(register, value, end: state.packetStart)
        case .packetEnd: return isAt(state.packetEnd)
        case .map: return isAt(UInt(bitPattern: core.pointee.maps + register.map.index))
        case .mapValue: return isValue(register, value)
        case .mapKey, .memory, .function: return true
        }
    }

    /// The bytes that were checked are there; what is said to be behind the end is.
    private func isChecked(_ register: Register, _ value: UInt64, end: UInt) -> Bool {
        switch register.excess {
        case .unknown: break
        case .end: if value < UInt64(end) { return false }
        case .beyond: if value <= UInt64(end) { return false }
        }
        guard register.range > 0 else { return true }
        let origin = value &- UInt64(bitPattern: Int64(register.offset))
        return origin &+ UInt64(register.range) <= UInt64(end)
    }

    private func isValue(_ register: Register, _ value: UInt64) -> Bool {
        let map = maps[register.map.index]
        let region = map.core.valueRegion
        let offset = UInt64(bitPattern: Int64(register.offset))
        // Nearly always: no need to try every value of a large map.
        if let constant = register.number.constant {
            guard let pointer = UnsafeRawPointer(bitPattern: UInt(value &- offset &- constant)) else { return false }
            return map.core.valueStart(pointer, bytes: map.attributes.valueSize) == pointer
        }
        let first = UInt64(UInt(bitPattern: region.base))
        for start in stride(from: 0, to: region.bytes, by: region.stride) {
            let element = first + UInt64(start)
            guard register.number.contains(value &- element &- offset) else { continue }
            guard let pointer = UnsafeRawPointer(bitPattern: UInt(element)),
                map.core.valueStart(pointer, bytes: map.attributes.valueSize) == pointer
            else { continue }
            return true
        }
        return false
    }
}
