// Conditional jumps, RFC 9669 section 4.3, and what either side learns from them.
extension Explorer {
    func jump(_ step: Step) throws(Rejection) {
        try requireReadable(step.dst)
        if step.usesRegister { try requireReadable(step.src) }
        let a = registers[step.dst]
        let b = step.usesRegister ? registers[step.src] : Register(constant: UInt64(bitPattern: step.imm))
        switch (a.isPointer, b.isPointer) {
        case (false, false): try compareNumbers(step, a, b)
        case (true, true): try comparePointers(step, a, b)
        case (true, false): try compareWithNumber(step, step.dst, a, b)
        case (false, true): try compareWithNumber(step, step.src, b, a)
        }
    }

    /// Goes on at the next instruction, and leaves the other side to be explored.
    private func fork(_ step: Step, taken: (inout State) -> Void, notTaken: (inout State) -> Void) throws(Rejection) {
        outcomes[slot].formUnion([.taken, .notTaken])
        if let takes = replayTakes(step.target), step.target != slot + 1 {
            if takes { taken(&state) } else { notTaken(&state) }
            slot = takes ? step.target : slot + 1
            return
        }
        let target = step.target
        try push(slot: target) { (copy: inout State) in taken(&copy) }
        notTaken(&state)
        slot += 1
    }

    private func go(_ step: Step, taken: Bool) {
        outcomes[slot].insert(taken ? .taken : .notTaken)
        slot = taken ? step.target : slot + 1
    }

    private func compareNumbers(_ step: Step, _ a: Register, _ b: Register) throws(Rejection) {
        guard !(a.isPointerBits || b.isPointerBits) || b.isZero else {
            throw reject(
                .pointerLeak, "a number made of a pointer can't be compared with anything but 0",
                registers: step.usesRegister ? [step.dst, step.src] : [step.dst])
        }
        if let outcome = a.number.decide(step.comparison, b.number, is32: step.is32) { return go(step, taken: outcome) }
        var taken = (a: a.number, b: b.number)
        var other = taken
        let takenIsPossible = Scalar.refine(&taken.a, &taken.b, step.comparison, taken: true, is32: step.is32)
        let otherIsPossible = Scalar.refine(&other.a, &other.b, step.comparison, taken: false, is32: step.is32)
        let learnt = (taken, other)
        if !takenIsPossible || !otherIsPossible {
            let side = takenIsPossible ? learnt.0 : learnt.1
            learn(&state, step, side.a, side.b)
            return go(step, taken: takenIsPossible)
        }
        try fork(step) {
            learn(&$0, step, learnt.0.a, learnt.0.b)
        } notTaken: {
            learn(&$0, step, learnt.1.a, learnt.1.b)
        }
    }

    private func learn(_ state: inout State, _ step: Step, _ a: Scalar, _ b: Scalar) {
        learn(&state, step.dst, a)
        if step.usesRegister && step.src != step.dst { learn(&state, step.src, b) }
    }

    /// A register of the top frame is known better; so are the others that have its id.
    private func learn(_ state: inout State, _ number: Int, _ value: Scalar) {
        let registers = state.top.registers
        registers[number].number = value
        let known = registers[number]
        guard known.id != 0 else { return }
        if known.id == Self.memoryLength && known.offset == 0 {
            state.forEachRegister {
                guard $0.pointee.kind == .packet, $0.pointee.hasFixedOffset else { return }
                $0.pointee.range = max($0.pointee.range, UInt32(clamping: value.umin))
            }
        }
        state.forEachRegister {
            guard $0.pointee.isScalar, $0.pointee.id == known.id else { return }
            var number = value
            let distance = Int64($0.pointee.offset) - Int64(known.offset)
            if distance != 0 && !PlantedFlaw.isPlanted(.copyDistanceIgnored) {
                number.apply(.add, Scalar(constant: UInt64(bitPattern: distance)), is32: false)
            }
            if number.intersect($0.pointee.number) { $0.pointee.number = number }
        }
    }

    private func compareWithNumber(_ step: Step, _ number: Int, _ pointer: Register, _ value: Register)
        throws(Rejection)
    {
        let isEquality = step.comparison == .eq || step.comparison == .ne
        guard value.isZero, isEquality else {
            throw reject(
                .pointerLeak, "\(pointer.noun) can't be compared with a number other than 0",
                registers: step.usesRegister ? [step.dst, step.src] : [step.dst])
        }
        let nullWhenTaken = step.comparison == .eq
        if step.is32 {
            // Half a pointer may be 0 though it is none; what is not 0 is no null.
            return try fork(step) {
                if !nullWhenTaken && pointer.mayBeNull { mark(&$0, id: pointer.id, isNull: false) }
            } notTaken: {
                if nullWhenTaken && pointer.mayBeNull { mark(&$0, id: pointer.id, isNull: false) }
            }
        }
        guard pointer.mayBeNull else { return go(step, taken: step.comparison == .ne) }
        try fork(step) {
            mark(&$0, id: pointer.id, isNull: nullWhenTaken)
        } notTaken: {
            mark(&$0, id: pointer.id, isNull: !nullWhenTaken)
        }
    }

    /// All pointers with this id are null, or none is.
    func mark(_ state: inout State, id: UInt32, isNull: Bool) {
        var released: UInt32 = 0
        state.forEachRegister {
            guard $0.pointee.mayBeNull, $0.pointee.id == id || PlantedFlaw.isPlanted(.nullCheckOfAnother) else {
                return
            }
            if isNull {
                released = $0.pointee.reference
                $0.pointee = .zero
            } else {
                $0.pointee.mayBeNull = false
                let map = $0.pointee.map
                let isLockable = $0.pointee.kind == .mapValue && !map.isInner && maps[map.index].spinLockOffset != nil
                if !isLockable && $0.pointee.kind != .map { $0.pointee.id = 0 }
            }
        }
        if released != 0 { state.references.removeAll { $0.id == released } }
    }

    private func comparePointers(_ step: Step, _ a: Register, _ b: Register) throws(Rejection) {
        let isEquality = step.comparison == .eq || step.comparison == .ne
        if step.is32 {
            // How compilers ask whether a packet has a length of 0, which they take for a number of 32 bits.
            guard isEquality, a.isPacket, b.isPacket else {
                throw reject(
                    .pointerLeak, "the halves of two pointers can't be compared", registers: [step.dst, step.src])
            }
            return try fork(step) { _ in
            } notTaken: { _ in
            }
        }
        // Written as `pointer comparison end`.
        let direct = (a, b, step.comparison)
        let mirrored = (b, a, step.comparison.mirrored)
        for (pointer, end, comparison) in [direct, mirrored] {
            let isPacket = pointer.kind == .packet && end.kind == .packetEnd
            let isMeta = pointer.kind == .packetMeta && end.kind == .packet && end.offset == 0 && end.id == 0
            guard isPacket || isMeta else { continue }
            return try compareWithEnd(step, pointer, comparison)
        }
        if isEquality, a.mayBeNull != b.mayBeNull {
            // Equal to what is not null.
            let id = a.mayBeNull ? a.id : b.id
            let equalWhenTaken = step.comparison == .eq
            return try fork(step) {
                if equalWhenTaken { mark(&$0, id: id, isNull: false) }
            } notTaken: {
                if !equalWhenTaken { mark(&$0, id: id, isNull: false) }
            }
        }
        try fork(step) { _ in
        } notTaken: { _ in
        }
    }

    /// `pointer comparison end` says how many bytes there are.
    private func compareWithEnd(_ step: Step, _ pointer: Register, _ comparison: Comparison) throws(Rejection) {
        let offset = Int64(pointer.offset)
        // A packet's start is no further than its end. Of a start with a variable part only what was checked is known.
        let isKnown = pointer.range > 0 || pointer.hasFixedOffset
        let isWithin = isKnown && offset >= 0 && offset <= Int64(pointer.range)
        let isBefore = offset >= 0 && offset < Int64(pointer.range)
        switch comparison {
        case .gt where isWithin: return go(step, taken: false)
        case .le where isWithin: return go(step, taken: true)
        case .ge where isBefore: return go(step, taken: false)
        case .lt where isBefore: return go(step, taken: true)
        case .gt where pointer.excess == .beyond: return go(step, taken: true)
        case .le where pointer.excess == .beyond: return go(step, taken: false)
        case .ge where pointer.excess != .unknown: return go(step, taken: true)
        case .lt where pointer.excess != .unknown: return go(step, taken: false)
        default: break
        }
        try fork(step) {
            learnPlace(&$0, pointer, comparison)
        } notTaken: {
            if let opposite = comparison.negated { learnPlace(&$0, pointer, opposite) }
        }
    }

    /// `pointer comparison end` holds.
    private func learnPlace(_ state: inout State, _ pointer: Register, _ comparison: Comparison) {
        switch comparison {
        case .le:
            let extra: Int64 = PlantedFlaw.isPlanted(.endIsInside) ? 1 : 0
            learnRange(&state, pointer, bytes: Int64(pointer.offset) + extra)
        case .lt: learnRange(&state, pointer, bytes: Int64(pointer.offset) + 1)
        case .gt, .ge:
            // The same pointer, compared again, has the same outcome.
            state.forEachRegister {
                guard $0.pointee.kind == pointer.kind, $0.pointee.id == pointer.id, $0.pointee.offset == pointer.offset
                else { return }
                $0.pointee.excess = comparison == .gt ? .beyond : .end
            }
        default: break
        }
    }

    /// Variable parts of packet offsets, and what is learnt of them, stay within this. `MAX_PACKET_OFF`, Linux.
    private static let maxPacketOffset: Int64 = 0xFFFF

    private func learnRange(_ state: inout State, _ pointer: Register, bytes: Int64) {
        guard bytes > 0, type == .memory || bytes <= Self.maxPacketOffset,
            pointer.number.umax <= UInt64(Self.maxPacketOffset),
            Int64(pointer.number.umax) + Int64(pointer.offset) <= Self.maxPacketOffset || type == .memory
        else { return }
        state.forEachRegister {
            guard $0.pointee.kind == pointer.kind,
                $0.pointee.id == pointer.id || PlantedFlaw.isPlanted(.packetRangeOfAnother)
            else { return }
            $0.pointee.range = max($0.pointee.range, UInt32(bytes))
        }
    }
}
