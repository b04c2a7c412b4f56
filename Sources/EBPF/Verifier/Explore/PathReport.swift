import ISA
import Object

/// Finds the few instructions of a path that made a register what it is where the program fails.
struct PathReport {
    /// Steps that a rejection shows at most.
    private static let mostSteps = 8

    private let explorer: Explorer
    private let path: [Int]

    /// `explorer` is at its start, and follows `path`, which ends with the failing instruction.
    init(_ explorer: Explorer, path: [Int]) {
        self.explorer = explorer
        self.path = path
    }

    /// Where a value is: a register of a frame, or bytes of its stack.
    private enum Place: Hashable {
        case register(frame: Int, number: Int)
        case stack(frame: Int, slot: Int)
    }

    private struct Event {
        var slot: Int
        var reads: Set<Place> = []
        var writes: Place?
        /// What it wrote, in words.
        var note = ""
        var isBranch = false
        /// Comparisons of a packet pointer with the end: its id.
        var packet: UInt32?
        var movesPacket = false
    }

    func steps(of failing: Explorer.Failing) -> [Rejection.Step] {
        var events: [Event] = []
        var packets: Set<UInt32> = []
        var isStale = false
        explorer.follow(path) { index in
            complete(&events)
            events.append(event(path[index]))
            guard index == path.count - 1 else { return }
            isStale = failing.registers.contains {
                explorer.registers[$0].kind == .uninitialized && explorer.registers[$0].absence == .moved
            }
            packets = Set(failing.registers.map { explorer.registers[$0] }.filter(\.isPacket).map(\.id))
        }
        var wanted = Set(failing.registers.map { Place.register(frame: failing.frame, number: $0) })
        if let byte = failing.stackByte { wanted.insert(.stack(frame: failing.frame, slot: (-byte - 1) / 8)) }
        var steps: [Rejection.Step] = []
        for event in events.dropLast().reversed() where steps.count < Self.mostSteps {
            if isStale && event.movesPacket {
                isStale = false
            } else if let place = event.writes, wanted.contains(place) {
                wanted.remove(place)
                wanted.formUnion(event.reads)
            } else if !(event.isBranch && !event.reads.isDisjoint(with: wanted)) {
                // What was checked of a copy, too, was checked of the pointer.
                guard let packet = event.packet, packets.contains(packet) else { continue }
            }
            steps.append(
                Rejection.Step(
                    instruction: event.slot, disassembly: explorer.program.disassembly(event.slot),
                    source: explorer.program.line(at: event.slot), note: event.note))
        }
        return steps.reversed()
    }

    /// Says what the last instruction made, now that it has run.
    private func complete(_ events: inout [Event]) {
        guard let last = events.last else { return }
        if case .register(let frame, let number) = last.writes, frame < explorer.state.frames.count {
            let register = explorer.state.frames[frame].registers[number]
            events[events.count - 1].note = "r\(number) = \(register.summary(explorer.maps))"
        } else if last.isBranch, let read = last.reads.first, case .register(let frame, let number) = read,
            frame < explorer.state.frames.count
        {
            let register = explorer.state.frames[frame].registers[number]
            events[events.count - 1].note =
                "\(explorer.slot == last.slot + 1 ? "not taken" : "taken"): r\(number) is \(register.summary(explorer.maps))"
        }
    }

    private func event(_ slot: Int) -> Event {
        let step = explorer.steps[slot]
        let frame = explorer.state.frames.count - 1
        func register(_ number: Int) -> Place { .register(frame: frame, number: number) }
        var event = Event(slot: slot)
        switch step.kind {
        case .alu:
            event.writes = register(step.dst)
            event.reads = step.usesRegister ? [register(step.dst), register(step.src)] : [register(step.dst)]
        case .move, .moveSignExtended:
            event.writes = register(step.dst)
            if step.usesRegister { event.reads = [register(step.src)] }
        case .negate, .swapBytes, .truncateBytes:
            event.writes = register(step.dst)
            event.reads = [register(step.dst)]
        case .wide: event.writes = register(step.dst)
        case .load, .loadSigned:
            event.writes = register(step.dst)
            event.reads = [stackPlace(step.src, step.offset) ?? register(step.src)]
        case .store, .storeImmediate, .atomic:
            event.writes = stackPlace(step.dst, step.offset)
            if step.kind == .store { event.reads = [register(step.src)] }
        case .jump:
            event.isBranch = true
            event.reads = step.usesRegister ? [register(step.dst), register(step.src)] : [register(step.dst)]
            guard step.usesRegister else { break }
            let operands = [explorer.registers[step.dst], explorer.registers[step.src]]
            guard operands.contains(where: { $0.kind == .packetEnd }) else { break }
            event.packet = operands.first { $0.kind == .packet }?.id
        case .callHelper:
            event.writes = register(0)
            let prototype = HelperTable.prototype(UInt32(truncatingIfNeeded: step.imm))
            event.movesPacket = prototype?.traits.contains(.movesPacket) ?? false
        case .callLocal: event.writes = register(0)
        case .jumpAlways, .callRegister, .callKernel, .packetLoad, .exit: break
        }
        return event
    }

    private func stackPlace(_ number: Int, _ offset: Int) -> Place? {
        let base = explorer.registers[number]
        guard base.kind == .stack, base.hasFixedOffset else { return nil }
        let byte = Int(base.offset) + offset
        return byte < 0 ? .stack(frame: Int(base.frame), slot: (-byte - 1) / 8) : nil
    }
}

extension ObjectProgram {
    /// An instruction as `Disassembler` has it, with the name of a helper that it calls.
    func disassembly(_ slot: Int) -> String {
        let next = instructions.indices.contains(slot + 1) ? instructions[slot + 1] : nil
        let text = Disassembler.text(instructions[slot], next: next, slot: slot)
        guard InstructionTable.operation(of: instructions[slot]) == .callHelper,
            let name = HelperTable.name(UInt32(bitPattern: instructions[slot].imm))
        else { return text }
        return "\(text) ; \(name)"
    }

    /// The source line of an instruction.
    func line(at slot: Int) -> SourceLine? {
        var low = 0
        var high = lines.count
        while low < high {
            let middle = (low + high) / 2
            if lines[middle].instruction <= slot { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? lines[low - 1] : nil
    }
}
