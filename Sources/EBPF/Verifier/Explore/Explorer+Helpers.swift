import Object

// Calls of helpers: what may be called, effects, result.
extension Explorer {
    /// What the arguments of one call say about each other.
    struct Call {
        let prototype: HelperPrototype
        /// The map argument.
        var map: MapReference?
        /// Number of the register that holds the key.
        var key: Int?
        /// Number of the register whose reference is released.
        var released: Int?
        /// The constant size of a record to be allocated.
        var allocation: Int?
        /// Number of the register that holds a callback.
        var function: Int?
    }

    func callHelper(_ step: Step) throws(Rejection) {
        let number = UInt32(truncatingIfNeeded: step.imm)
        guard number < KernelFunction.firstHelper else { throw reject(.badCall, "there is no helper \(number)") }
        try call(number, step)
    }

    /// A call of a helper, or of a kernel function, which is like one.
    func call(_ number: UInt32, _ step: Step) throws(Rejection) {
        let prototype = try prototype(number)
        try checkLocked(prototype)
        var call = Call(prototype: prototype)
        for (index, argument) in prototype.arguments.enumerated() {
            try check(argument, index + 1, &call)
        }
        if prototype.traits.contains(.variadic) { try checkFormat(call) }
        if let map = call.map {
            try checkMap(map, call)
            note(map, call)
        }
        if number == HelperTable.tailCall { try checkTailCall() }
        if let function = call.function, try !runCallback(function, call) { return }
        if prototype.traits.contains(.writesPacket) { facts.writesPacket = true }
        if prototype.traits.contains(.movesPacket) {
            facts.movesPacket = true
            invalidatePackets(&state)
        }
        if let released = call.released { try release(released) }
        let result = try result(of: call)
        clobber()
        registers[0] = result
        if number == HelperTable.tailCall, try tailCallReturns() { return }
        slot += 1
    }

    private func prototype(_ number: UInt32) throws(Rejection) -> HelperPrototype {
        let name = HelperTable.name(number)
        guard let prototype = HelperTable.prototype(number) else {
            throw reject(
                .badCall, name.map { "\($0) is not for programs of this type" } ?? "there is no helper \(number)")
        }
        guard prototype.isAllowed(in: type) else {
            throw reject(.badCall, "\(prototype.name) is not for \(type.rawValue) programs")
        }
        if prototype.isLeftOut {
            throw reject(.unsupported, "\(prototype.name) is not supported")
        }
        return prototype
    }

    // MARK: Maps

    private func checkMap(_ map: MapReference, _ call: Call) throws(Rejection) {
        let attributes = attributes(of: map)
        let name = maps[map.index].name
        guard HelperTable.isAllowed(call.prototype.number, attributes.type) else {
            throw reject(
                .mapMisuse, "\(call.prototype.name) is not for maps of type \(attributes.type.name), as \(name) is",
                registers: [1])
        }
        if call.prototype.traits.contains(.writesMap) && attributes.flags.contains(.readOnlyProgram) {
            throw reject(.mapMisuse, "\(name) is read-only for programs", registers: [1])
        }
    }

    private func note(_ map: MapReference, _ call: Call) {
        var fact = Verifier.MapCall(map: map.isInner ? nil : map.index)
        if let index = index(call), let most = UInt32(exactly: index.umax) {
            fact.index = UInt32(truncatingIfNeeded: index.umin)...most
        }
        facts.mapCalls[slot] = facts.mapCalls[slot].map { $0.union(fact) } ?? fact
    }

    /// The index that is the key of an array's element.
    private func index(_ call: Call) -> Scalar? {
        guard let map = call.map, let key = call.key else { return nil }
        let type = attributes(of: map).type
        guard type == .array || type == .perCPUArray else { return nil }
        return stackNumber(registers[key], count: 4)
    }

    /// Whether an element of an array is there for every value that the key may have.
    private func isElement(_ call: Call) -> Bool {
        // Of another CPU than the caller's there may be none.
        guard call.prototype.number == HelperTable.mapLookup, let map = call.map, let index = index(call) else {
            return false
        }
        let attributes = attributes(of: map)
        // With this flag the maps within may have fewer elements than the one that describes them.
        if map.isInner && attributes.flags.contains(.innerMap) { return false }
        return index.umax < UInt64(attributes.maxEntries)
    }

    // MARK: Results

    private func result(of call: Call) throws(Rejection) -> Register {
        switch call.prototype.result {
        case .integer: return .unknown
        case .void: return Register(.call)
        case .mapValueOrNull: return try lookupResult(call)
        case .ringbufMemoryOrNull:
            var record = Register(.memory)
            record.size = UInt32(clamping: call.allocation ?? 0)
            record.mayBeNull = true
            record.id = newID()
            if call.prototype.traits.contains(.acquires) {
                record.reference = record.id
                state.references.append(State.Reference(id: record.id, slot: slot))
            }
            return record
        case .socketOrNull, .btfObject, .kernelMemory, .dynptrMemoryOrNull:
            throw reject(.unsupported, "\(call.prototype.name) is not supported")
        }
    }

    private func lookupResult(_ call: Call) throws(Rejection) -> Register {
        guard let map = call.map else { return .unknown }
        let attributes = attributes(of: map)
        switch attributes.type {
        case .arrayOfMaps, .hashOfMaps:
            guard maps[map.index].inner != nil else {
                throw reject(.mapMisuse, "what the maps in \(maps[map.index].name) are like is not known")
            }
            var inner = Register(.map)
            inner.map = map.inner
            inner.mayBeNull = true
            inner.id = newID()
            return inner
        case .xskmap, .sockmap, .sockhash:
            guard attributes.type == .xskmap else {
                throw reject(.unsupported, "sockets out of maps are not supported")
            }
            // struct bpf_xdp_sock, <linux/bpf.h>
            var socket = Register(.memory)
            socket.size = 4
            socket.isReadOnly = true
            socket.mayBeNull = true
            socket.id = newID()
            return socket
        default: break
        }
        var value = Register(.mapValue)
        value.map = map
        value.mayBeNull = !isElement(call)
        let isLockable = !map.isInner && maps[map.index].spinLockOffset != nil
        if value.mayBeNull || isLockable { value.id = newID() }
        return value
    }

    // MARK: Effects

    /// The packet has moved: no pointer into it, in any frame, is worth anything.
    private func invalidatePackets(_ state: inout State) {
        if PlantedFlaw.isPlanted(.packetSurvivesMove) { return }
        state.forEachRegister {
            if $0.pointee.isPacket { $0.pointee = Register(.moved) }
        }
    }

    /// What the register points to is given back.
    private func release(_ number: Int) throws(Rejection) {
        let id = registers[number].reference
        guard state.references.contains(where: { $0.id == id }) else {
            throw reject(.referenceLeak, "the record was released before", registers: [number])
        }
        state.references.removeAll { $0.id == id }
        state.forEachRegister {
            if $0.pointee.reference == id { $0.pointee = Register(.released) }
        }
    }

    private func checkLocked(_ prototype: HelperPrototype) throws(Rejection) {
        guard let lock = state.lock, prototype.number != HelperTable.spinUnlock else { return }
        throw reject(
            .spinLock,
            "\(prototype.name) can't be called while the lock taken at instruction \(lock.slot) is held",
            hint: "call bpf_spin_unlock first")
    }

    func spinLock(_ number: Int, _ call: Call) throws(Rejection) {
        let register = registers[number]
        guard register.kind == .mapValue else {
            throw wrongArgument(number, call, "a bpf_spin_lock in a map's value")
        }
        guard !register.mayBeNull else { throw mayBeNull(number, call) }
        guard !register.map.isInner, let offset = maps[register.map.index].spinLockOffset else {
            throw reject(
                .helperArgument, "the values of \(maps[register.map.index].name) hold no bpf_spin_lock",
                registers: [number])
        }
        guard register.hasFixedOffset, Int(register.offset) == offset else {
            throw reject(
                .helperArgument, "the bpf_spin_lock is at offset \(offset) of the value, not where r\(number) points",
                registers: [number])
        }
        if call.prototype.number == HelperTable.spinUnlock {
            guard let lock = state.lock else {
                throw reject(.spinLock, "no lock is held", registers: [number])
            }
            guard lock.map == register.map, lock.id == register.id else {
                throw reject(.spinLock, "another lock is held than the one to be released", registers: [number])
            }
            state.lock = nil
        } else {
            if let lock = state.lock {
                throw reject(
                    .spinLock, "a lock is held already, since instruction \(lock.slot)", registers: [number])
            }
            state.lock = State.Lock(map: register.map, id: register.id, slot: slot)
        }
    }

    private func checkTailCall() throws(Rejection) {
        if let reference = state.references.first {
            throw reject(
                .referenceLeak,
                "what the call at instruction \(reference.slot) returned is not released before the tail call")
        }
        if state.frames.contains(where: { $0.callback != .none }) {
            throw reject(.badCall, "a callback can't go on with another program")
        }
        // What the other program does is not known.
        facts.writesPacket = true
        facts.movesPacket = true
    }

    /// The other program returns to the caller of the subprogram that went on with it, and may have moved the packet.
    /// True: this is what follows, where one path alone is of interest.
    private func tailCallReturns() throws(Rejection) -> Bool {
        guard state.frames.count > 1 else { return false }
        let returnSlot = state.top.callSite + 1
        func leave(_ state: inout State) {
            invalidatePackets(&state)
            pool.give(state.frames.removeLast())
            state.top.registers[0] = .unknown
        }
        guard let goesOn = replayTakes(slot + 1) else {
            try push(slot: returnSlot) { (other: inout State) in leave(&other) }
            return false
        }
        guard !goesOn else { return false }
        leave(&state)
        registers = state.top.registers
        slot = returnSlot
        return true
    }
}
