import ISA
import Object

// Loads, stores and atomics, RFC 9669 section 5.
extension Explorer {
    /// What an access does with what it finds.
    enum Access {
        case read, write
    }

    func load(_ step: Step) throws(Rejection) {
        try requireReadable(step.src)
        let base = registers[step.src]
        var value = try read(step.src, base, offset: step.offset, size: step.size)
        if step.kind == .loadSigned {
            guard !value.isPointer else {
                throw reject(
                    base.kind == .context ? .contextAccess : .pointerLeak, "a pointer can't be read with a sign",
                    registers: [step.src])
            }
            let isPointerBits = value.isPointerBits
            value = Register(scalar: value.number)
            value.isPointerBits = isPointerBits
            value.number.moveSignExtended(from: step.size * 8, is32: false)
        }
        registers[step.dst] = value
    }

    func store(_ step: Step) throws(Rejection) {
        try requireReadable(step.dst)
        var value: Register
        if step.kind == .store {
            try requireReadable(step.src)
            value = registers[step.src]
        } else {
            value = Register(constant: UInt64(bitPattern: step.imm))
        }
        let base = registers[step.dst]
        if base.kind == .stack {
            try requireDereferenceable(step.dst, base)
            try noteContextAccess(false)
            if step.kind == .store, value.isScalar, value.id == 0, !value.number.isConstant, !value.isPointerBits,
                value.number.umax <= UInt64.max >> UInt64(64 - step.size * 8)
            {
                // The register and what is stored are one number.
                registers[step.src].id = newID()
                registers[step.src].offset = 0
                value = registers[step.src]
            }
            try writeStack(step.dst, base, offset: step.offset, size: step.size, value, source: step.src)
            return
        }
        if (value.isPointer || value.isPointerBits) && !PlantedFlaw.isPlanted(.pointerLeak) {
            throw reject(
                .pointerLeak, "\(value.noun) can't be stored to \(base.noun), where others may read it",
                registers: step.kind == .store ? [step.dst, step.src] : [step.dst])
        }
        try check(step.dst, base, offset: step.offset, size: step.size, .write)
    }

    /// Atomics, RFC 9669 section 5.3.
    func atomic(_ step: Step) throws(Rejection) {
        let fetches = step.imm & 1 != 0
        let isCompare = flow.operations[slot] == .atomicCmpxchg32 || flow.operations[slot] == .atomicCmpxchg64
        try requireReadable(step.src)
        try requireReadable(step.dst)
        if isCompare {
            try requireReadable(0)
            try refusePointer(0, "be compared with memory")
        }
        try refusePointer(step.src, "take part in an atomic operation")
        let base = registers[step.dst]
        if base.kind == .context || base.isPacket && type != .memory {
            throw reject(
                base.kind == .context ? .contextAccess : .notAPointer,
                "atomic operations are not allowed on \(base.noun)", registers: [step.dst])
        }
        let distance = Int64(base.offset) + Int64(step.offset)
        guard
            !base.isPointer || base.mayBeNull || base.hasFixedOffset && distance % Int64(step.size) == 0
                || !base.hasFixedOffset && base.isAligned(step.offset, step.size)
        else {
            throw reject(
                .misaligned, "an atomic operation needs an address that is a multiple of \(step.size)",
                registers: [step.dst])
        }
        let old = try read(step.dst, base, offset: step.offset, size: step.size)
        if old.isPointer || old.isPointerBits {
            throw reject(.pointerLeak, "an atomic operation can't change a pointer", registers: [step.dst])
        }
        if base.kind == .stack {
            try writeStack(
                step.dst, base, offset: step.offset, size: step.size,
                Register(scalar: Scalar.unsigned(bits: step.size * 8)), source: step.src)
        } else {
            try check(step.dst, base, offset: step.offset, size: step.size, .write)
        }
        guard fetches, !PlantedFlaw.isPlanted(.fetchIsForgotten) else { return }
        registers[isCompare ? 0 : step.src] = Register(scalar: Scalar.unsigned(bits: step.size * 8))
    }

    func refusePointer(_ number: Int, _ what: String) throws(Rejection) {
        guard registers[number].isPointer || registers[number].isPointerBits else { return }
        throw reject(.pointerLeak, "\(registers[number].noun) can't \(what)", registers: [number])
    }

    func requireDereferenceable(_ number: Int, _ base: Register) throws(Rejection) {
        if base.mayBeNull {
            throw reject(
                .nullPointer, "r\(number) may be null: \(base.noun) must be compared with NULL before it is used",
                registers: [number], hint: "add `if (!p) return ...;` before the access")
        }
    }

    /// Linux translates accesses to the context, so that an instruction is of it always or never.
    func noteContextAccess(_ isContext: Bool) throws(Rejection) {
        let kind: ContextAccess = isContext ? .context : .other
        if contextAccess[slot] == .unseen { contextAccess[slot] = kind }
        guard contextAccess[slot] == kind else {
            throw reject(
                .contextAccess, "the same instruction accesses the context on one path and other memory on another")
        }
    }

    /// What a load of `size` bytes from register `number` yields.
    func read(_ number: Int, _ base: Register, offset: Int, size: Int) throws(Rejection) -> Register {
        switch base.kind {
        case .stack:
            try requireDereferenceable(number, base)
            try noteContextAccess(false)
            return try readStack(number, base, offset: offset, size: size)
        case .context:
            try noteContextAccess(true)
            return try readContext(number, base, offset: offset, size: size)
        default:
            try check(number, base, offset: offset, size: size, .read)
        }
        if base.kind == .mapValue, base.hasFixedOffset, !base.map.isInner,
            let bytes = maps[base.map.index].constantValue,
            maps[base.map.index].attributes.flags.contains(.readOnlyProgram)
        {
            let start = Int(base.offset) + offset
            var value: UInt64 = 0
            for index in 0..<size where start + index < bytes.count {
                value |= UInt64(bytes[start + index]) << UInt64(index * 8)
            }
            return Register(constant: value)
        }
        return Register(scalar: Scalar.unsigned(bits: size * 8))
    }

    /// Whether `size` bytes at register `number` plus `offset` may be accessed, outside the stack.
    func check(_ number: Int, _ base: Register, offset: Int, size: Int, _ access: Access) throws(Rejection) {
        try requireDereferenceable(number, base)
        try noteContextAccess(base.kind == .context)
        switch base.kind {
        case .packet, .packetMeta:
            try checkPacket(number, base, offset: offset, size: size)
            if access == .write { facts.writesPacket = true }
        case .mapValue:
            let attributes = attributes(of: base.map)
            try checkBounds(number, base, offset: offset, size: size, limit: attributes.valueSize)
            try checkFlags(number, base, access)
            try checkLockField(number, base, offset: offset, size: size)
        case .mapKey:
            try checkBounds(number, base, offset: offset, size: size, limit: attributes(of: base.map).keySize)
            if access == .write {
                throw reject(.readOnly, "the key of an element can't be changed", registers: [number])
            }
        case .memory:
            try checkBounds(number, base, offset: offset, size: size, limit: Int(base.size))
            if access == .write && base.isReadOnly {
                throw reject(.readOnly, "the memory that r\(number) points to is read-only", registers: [number])
            }
        case .context:
            try checkContextWrite(number, base, offset: offset, size: size)
        case .stack: preconditionFailure("the stack has checks of its own")
        case .packetEnd, .map, .function, .scalar, .uninitialized:
            if base.isZero { throw reject(.nullPointer, "r\(number) is null here", registers: [number]) }
            throw reject(
                .notAPointer,
                "r\(number) is \(base.noun), through which nothing can be \(access == .read ? "read" : "written")",
                registers: [number])
        }
    }

    func attributes(of map: MapReference) -> MapAttributes {
        let description = maps[map.index]
        return map.isInner ? description.inner ?? description.attributes : description.attributes
    }

    private func checkFlags(_ number: Int, _ base: Register, _ access: Access) throws(Rejection) {
        if PlantedFlaw.isPlanted(.readOnlyIgnored) { return }
        let attributes = attributes(of: base.map)
        let flags = attributes.flags
        if access == .write && (flags.contains(.readOnlyProgram) || HelperTable.isReadOnly(attributes.type)) {
            throw reject(
                .readOnly, "the values of \(maps[base.map.index].name) are read-only for programs", registers: [number])
        }
        if access == .read && flags.contains(.writeOnlyProgram) {
            throw reject(
                .mapMisuse, "the values of \(maps[base.map.index].name) are write-only for programs",
                registers: [number])
        }
    }

    private func checkLockField(_ number: Int, _ base: Register, offset: Int, size: Int) throws(Rejection) {
        guard !base.map.isInner, let lock = maps[base.map.index].spinLockOffset else { return }
        let start = Int64(base.offset) + Int64(offset)
        guard start + base.number.smin < Int64(lock + 4), start + base.number.smax + Int64(size) > Int64(lock) else {
            return
        }
        throw reject(
            .spinLock, "the bpf_spin_lock in \(base.noun) can only be used by bpf_spin_lock and bpf_spin_unlock",
            registers: [number])
    }

    /// `limit`: bytes of the memory that the pointer is based on.
    func checkBounds(_ number: Int, _ base: Register, offset: Int, size: Int, limit: Int) throws(Rejection) {
        let limit = PlantedFlaw.isPlanted(.valueEndOffByOne) ? limit + 1 : limit
        let start = Int64(base.offset) + Int64(offset)
        guard start &+ base.number.smin >= 0 || PlantedFlaw.isPlanted(.negativeValueOffset) else {
            throw outOfBounds(number, base, start: start, size: size, limit: limit, isLow: true)
        }
        guard base.number.umax < UInt64(Self.maxOffset), start &+ Int64(base.number.umax) &+ Int64(size) <= Int64(limit)
        else {
            throw outOfBounds(number, base, start: start, size: size, limit: limit, isLow: false)
        }
    }

    private func outOfBounds(
        _ number: Int, _ base: Register, start: Int64, size: Int, limit: Int, isLow: Bool
    ) -> Rejection {
        let bytes = size == 1 ? "1 byte" : "\(size) bytes"
        let place =
            base.hasFixedOffset
            ? Self.bytes(start, size)
            : isLow
                ? "\(bytes) at an offset that may be \(start &+ base.number.smin)"
                : "\(bytes) at an offset of up to \(start &+ base.number.smax)"
        return reject(
            .outOfBounds, "\(steps[slot].verb) \(place) of \(base.target), which has \(limit) bytes",
            registers: [number],
            hint: base.hasFixedOffset ? nil : "compare the index with the size before it is used, as an unsigned number"
        )
    }

    private static func bytes(_ start: Int64, _ size: Int) -> String {
        size == 1 ? "byte \(start)" : "bytes \(start)...\(start + Int64(size) - 1)"
    }

    private func checkPacket(_ number: Int, _ base: Register, offset: Int, size: Int) throws(Rejection) {
        let start = Int64(base.offset) + Int64(offset)
        let needed = start + Int64(size)
        let what = type == .memory ? "memory" : base.kind == .packet ? "packet" : "metadata"
        guard base.number.smin >= 0 else {
            throw reject(
                .outOfBounds, "the offset into the \(what) may be negative: \(base.number)", registers: [number],
                hint: "use an unsigned type for the offset")
        }
        guard start >= 0, needed <= Int64(base.range) else {
            let checked = base.range == 0 ? "none was checked" : "\(base.range) were checked"
            throw reject(
                .outOfBounds,
                "\(steps[slot].verb) \(Self.bytes(start, size)) of the \(what) from \(base.origin), of which \(checked)",
                registers: [number],
                hint: type == .memory
                    ? "compare the length first"
                    : base.kind == .packet
                        ? start < 0
                            ? "bytes in front of a pointer can't be checked: compare, then access, before it moves on"
                            : "add `if (ptr + \(needed) > data_end) return ...;` before the access"
                        : "add `if (meta + \(max(needed, 0)) > data) return ...;` before the access")
        }
    }
}

extension Register {
    /// Whether the pointer plus `offset` is a multiple of `size`, counted from what it is based on.
    func isAligned(_ offset: Int, _ size: Int) -> Bool {
        var sum = number
        sum.apply(.add, Scalar(constant: UInt64(bitPattern: Int64(self.offset) + Int64(offset))), is32: false)
        return sum.bits.mask & UInt64(size - 1) == 0 && sum.bits.value & UInt64(size - 1) == 0
    }
}
