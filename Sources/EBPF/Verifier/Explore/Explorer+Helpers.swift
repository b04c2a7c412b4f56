import Object

// Calls of helpers: arguments against the prototype, effects, result.
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
            invalidatePackets()
        }
        if let released = call.released { try release(released) }
        let result = try result(of: call)
        clobber()
        registers[0] = result
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

    // MARK: Arguments

    private func check(_ argument: ArgumentType, _ number: Int, _ call: inout Call) throws(Rejection) {
        try requireReadable(number)
        let register = registers[number]
        switch argument {
        case .anything:
            if register.isPointer || register.isPointerBits {
                throw reject(
                    .pointerLeak, "\(register.noun) can't be argument \(number) of \(call.prototype.name), a number",
                    registers: [number])
            }
        case .context:
            guard register.kind == .context, register.offset == 0 else {
                throw wrongArgument(number, call, "the context")
            }
        case .constMapPointer:
            guard register.kind == .map else { throw wrongArgument(number, call, "a map") }
            guard !register.mayBeNull else { throw mayBeNull(number, call) }
            call.map = register.map
        case .mapKey:
            call.key = number
            try memory(number, call, size: attributes(of: try map(number, call)).keySize, .read)
        case .mapValue(let access, let isNullable):
            if isNullable && register.isZero { return }
            let attributes = attributes(of: try map(number, call))
            // Of a Bloom filter a value is asked for.
            try memory(
                number, call, size: attributes.valueSize, attributes.type == .bloomFilter ? .read : access)
        case .memory(let access, let isNullable):
            try memoryWithSize(number, call, access, isNullable: isNullable)
        case .memSize: try size(number, call, allowsZero: false)
        case .memSizeOrZero: try size(number, call, allowsZero: true)
        case .fixedMemory(let access, let bytes, let isAligned):
            guard !isAligned || !register.isPointer || register.isAligned(0, bytes) else {
                throw reject(
                    .misaligned, "argument \(number) of \(call.prototype.name) must be a multiple of \(bytes)",
                    registers: [number])
            }
            try memory(number, call, size: bytes, access)
        case .constAllocSizeOrZero:
            guard let constant = register.constant else { throw wrongArgument(number, call, "a constant") }
            call.allocation = Int(UInt32(truncatingIfNeeded: constant))
        case .constString: try constantString(number, call)
        case .stackOrNull:
            guard register.isZero || register.kind == .stack else {
                throw wrongArgument(number, call, "a stack pointer or NULL")
            }
        case .function:
            guard register.kind == .function else { throw wrongArgument(number, call, "a function") }
            call.function = number
        case .spinLock: try spinLock(number, call)
        case .ringbufMemory:
            guard register.kind == .memory, register.reference != 0 || register.mayBeNull else {
                throw wrongArgument(number, call, "a record that bpf_ringbuf_reserve returned")
            }
            guard !register.mayBeNull else { throw mayBeNull(number, call) }
            guard register.offset == 0, register.hasFixedOffset else {
                throw wrongArgument(number, call, "a record's start")
            }
            call.released = number
        case .socket, .btfObject, .perCPUVariable, .kernelPointer, .timer, .dynptr:
            throw reject(.unsupported, "\(call.prototype.name) is not supported")
        }
    }

    private func wrongArgument(_ number: Int, _ call: Call, _ wanted: String) -> Rejection {
        reject(
            .helperArgument,
            "argument \(number) of \(call.prototype.name) must be \(wanted), r\(number) is \(registers[number].summary(maps))",
            registers: [number])
    }

    private func mayBeNull(_ number: Int, _ call: Call) -> Rejection {
        reject(
            .nullPointer, "argument \(number) of \(call.prototype.name) may be null", registers: [number],
            hint: "compare it with NULL first")
    }

    private func map(_ number: Int, _ call: Call) throws(Rejection) -> MapReference {
        guard let map = call.map else { throw wrongArgument(number, call, "of a map that comes before it") }
        return map
    }

    /// `size` bytes of memory, all of them initialised where they are read. `isPartial`: it may write fewer.
    private func memory(
        _ number: Int, _ call: Call, size: Int, isPartial: Bool = false, _ access: ArgumentType.Access
    ) throws(Rejection) {
        let size = PlantedFlaw.isPlanted(.helperSizeOffByOne) ? max(size - 1, 0) : size
        let register = registers[number]
        switch register.kind {
        case .stack:
            if access != .write { try readStackMemory(number, register, count: size) }
            if access != .read { try writeStackMemory(number, register, count: size, isPartial: isPartial) }
        case .packet, .packetMeta, .mapValue, .mapKey, .memory:
            if register.mayBeNull { throw mayBeNull(number, call) }
            if access != .write { try check(number, register, offset: 0, size: size, .read) }
            if access != .read { try check(number, register, offset: 0, size: size, .write) }
        default:
            throw wrongArgument(number, call, "a pointer to memory")
        }
    }

    /// Memory whose size is the next argument.
    private func memoryWithSize(
        _ number: Int, _ call: Call, _ access: ArgumentType.Access, isNullable: Bool
    ) throws(Rejection) {
        let register = registers[number]
        try requireReadable(number + 1)
        let size = registers[number + 1]
        if isNullable && register.isZero && size.isZero { return }
        guard size.isScalar, !size.isPointerBits else { throw wrongArgument(number + 1, call, "a size") }
        guard size.number.smin >= 0 else {
            throw reject(
                .helperArgument, "argument \(number + 1) of \(call.prototype.name), a size, may be negative",
                registers: [number + 1], hint: "use an unsigned variable, or mask it")
        }
        guard size.number.umax < UInt64(Self.maxOffset) else {
            throw reject(
                .helperArgument, "argument \(number + 1) of \(call.prototype.name), a size, is not bounded",
                registers: [number + 1], hint: "compare it with the size of the memory first")
        }
        try memory(number, call, size: Int(size.number.umax), isPartial: !size.number.isConstant, access)
    }

    private func size(_ number: Int, _ call: Call, allowsZero: Bool) throws(Rejection) {
        let register = registers[number]
        guard register.isScalar, !register.isPointerBits else { throw wrongArgument(number, call, "a size") }
        guard allowsZero || register.number.umin > 0 else {
            throw reject(
                .helperArgument, "argument \(number) of \(call.prototype.name), a size, may be 0", registers: [number])
        }
    }

    /// Text in read-only data that ends with a zero byte.
    private func constantString(_ number: Int, _ call: Call) throws(Rejection) {
        let register = registers[number]
        guard register.kind == .mapValue, !register.mayBeNull, register.hasFixedOffset, !register.map.isInner,
            let bytes = maps[register.map.index].constantValue, register.offset >= 0,
            bytes.dropFirst(Int(register.offset)).contains(0)
        else { throw wrongArgument(number, call, "constant text in .rodata") }
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
        guard let map = call.map, let index = index(call) else { return false }
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
    private func invalidatePackets() {
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

    private func spinLock(_ number: Int, _ call: Call) throws(Rejection) {
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
        guard let reference = state.references.first else { return }
        throw reject(
            .referenceLeak,
            "what the call at instruction \(reference.slot) returned is not released before the tail call")
    }
}
