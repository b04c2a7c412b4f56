// Loads and stores of the stack: what each byte holds is known.
extension Explorer {
    static let stackBytes = 512

    /// The first byte of an access, from the frame's top, where it is known.
    private func fixedStart(_ base: Register, _ offset: Int) -> Int? {
        base.hasFixedOffset ? Int(base.offset) + offset : nil
    }

    /// Lowest and highest first byte of an access.
    private func starts(
        _ number: Int, _ base: Register, offset: Int, size: Int
    ) throws(Rejection) -> ClosedRange<Int> {
        let known = Int64(base.offset) + Int64(offset)
        guard base.number.smin > -Self.maxOffset, base.number.smax < Self.maxOffset else {
            throw reject(.outOfBounds, "the offset into the stack is not bounded", registers: [number])
        }
        let low = known + base.number.smin
        let high = known + base.number.smax
        guard low >= -Int64(Self.stackBytes), high + Int64(size) <= 0 else {
            throw reject(
                .outOfBounds,
                "\(size) bytes at offset \(low < -Int64(Self.stackBytes) ? low : high) from the top of the stack, which has "
                    + "\(Self.stackBytes) bytes below it", registers: [number])
        }
        return Int(low)...Int(high)
    }

    /// Accesses by load and store are aligned where the place is known.
    private func requireAligned(_ number: Int, _ base: Register, offset: Int, size: Int) throws(Rejection) {
        guard !base.isAligned(offset, size) else { return }
        throw reject(
            .misaligned, "\(size) bytes of the stack at an offset that is no multiple of \(size)", registers: [number])
    }

    private func noteDepth(_ frame: Int, _ start: Int) {
        let function = state.frames[frame].function
        stackDepths[function] = max(stackDepths[function], -start)
    }

    private static func slotIndex(_ byte: Int) -> Int { (-byte - 1) / 8 }
    private static func byteIndex(_ byte: Int) -> Int { byte + 8 * (slotIndex(byte) + 1) }

    func readStack(_ number: Int, _ base: Register, offset: Int, size: Int) throws(Rejection) -> Register {
        try requireAligned(number, base, offset: offset, size: size)
        let starts = try starts(number, base, offset: offset, size: size)
        let depth = Int(base.frame)
        noteDepth(depth, starts.lowerBound)
        guard starts.count > 1 else { return try readStack(number, depth, starts.lowerBound, size) }
        return try readBytes(number, depth, starts.lowerBound, starts.upperBound + size - starts.lowerBound, size)
    }

    /// At a known place.
    private func readStack(_ number: Int, _ depth: Int, _ start: Int, _ size: Int) throws(Rejection) -> Register {
        let frame = state.frames[depth]
        let index = Self.slotIndex(start)
        guard index < frame.slotCount else { throw uninitializedStack(number, start) }
        let slot = frame.slots[index]
        let first = Self.byteIndex(start)
        let spilled = slot.spillSize
        guard spilled >= size, first == slot.spillStart else { return try readBytes(number, depth, start, size, size) }
        if spilled == 8 && size == 8 { return slot.spill }
        if slot.spill.isPointer || slot.spill.isPointerBits {
            var bits = Register(scalar: Scalar.unsigned(bits: size * 8))
            bits.isPointerBits = true
            return bits
        }
        var value = slot.spill
        if PlantedFlaw.isPlanted(.halfOfSpillIsWhole) { return value }
        if value.number.umax > UInt64.max >> UInt64(64 - size * 8) {
            value.id = 0
            value.offset = 0
        }
        if size < 8 { value.number.truncate(to: size * 8) }
        return value
    }

    /// Bytes of which no whole spill is read: a number of `size` bytes.
    private func readBytes(
        _ number: Int, _ depth: Int, _ start: Int, _ count: Int, _ size: Int
    ) throws(Rejection) -> Register {
        let frame = state.frames[depth]
        var allZero = true
        var isPointerBits = false
        for byte in start..<start + count {
            let index = Self.slotIndex(byte)
            if PlantedFlaw.isPlanted(.stackIsInitialized), !frame.isWritten(byte) {
                allZero = false
                continue
            }
            guard index < frame.slotCount else { throw uninitializedStack(number, byte) }
            switch frame.slots[index][Self.byteIndex(byte)] {
            case .uninitialized: throw uninitializedStack(number, byte)
            case .number: allZero = false
            case .zero: break
            case .spill:
                if frame.slots[index].holdsPointer { isPointerBits = true }
                if !frame.slots[index].spill.isZero { allZero = false }
            }
        }
        if allZero { return .zero }
        var value = Register(scalar: Scalar.unsigned(bits: size * 8))
        value.isPointerBits = isPointerBits
        return value
    }

    func uninitializedStack(_ number: Int, _ byte: Int) -> Rejection {
        reject(
            .uninitialized, "the stack at r10\(byte) is read before anything was written to it",
            registers: [number], hint: "set the whole variable first, padding included: `struct s v = {};` or memset",
            stackByte: byte)
    }

    func writeStack(
        _ number: Int, _ base: Register, offset: Int, size: Int, _ value: Register, source: Int
    ) throws(Rejection) {
        try requireAligned(number, base, offset: offset, size: size)
        let starts = try starts(number, base, offset: offset, size: size)
        let depth = Int(base.frame)
        noteDepth(depth, starts.lowerBound)
        if value.kind == .stack && Int(value.frame) > depth {
            throw reject(
                .pointerLeak, "a pointer to this function's stack can't be stored to its caller's",
                registers: [number, source])
        }
        if value.isPointer && size < 8 {
            throw reject(
                .pointerLeak, "\(size) bytes of \(value.noun) can't be stored", registers: [number, source])
        }
        state.frames[depth].reach(Self.slotIndex(starts.lowerBound))
        if starts.count > 1 {
            if value.isPointer || value.isPointerBits {
                throw reject(
                    .pointerLeak, "\(value.noun) can't be stored at a place on the stack that is not known",
                    registers: [number, source])
            }
            scatter(depth, starts.lowerBound, starts.upperBound + size, isZero: value.isZero)
            return
        }
        let slot = state.frames[depth].slots + Self.slotIndex(starts.lowerBound)
        let first = Self.byteIndex(starts.lowerBound)
        if PlantedFlaw.isPlanted(.spillSurvivesOverwrite), slot.pointee.holdsPointer, size < 8 { return }
        slot.pointee.dissolve()
        if (first == 0 || first == 4) && !(size < 8 && value.isPointerBits) {
            var kept = value
            if kept.isScalar && size < 8 {
                if kept.number.umax > UInt64.max >> UInt64(64 - size * 8) {
                    kept.id = 0
                    kept.offset = 0
                }
                kept.number.truncate(to: size * 8)
            }
            if kept.number.isConstant && kept.isScalar { kept.id = 0 }
            slot.pointee.fill(kept, size: size, at: first)
        } else if value.isPointerBits {
            throw reject(
                .pointerLeak, "\(size) bytes of \(value.noun) can't be stored there", registers: [number, source])
        } else {
            slot.pointee.set(value.isZero ? .zero : .number, from: first, count: size)
        }
    }

    /// Somewhere in `start..<end` a number is written: what was there may be there still.
    private func scatter(_ depth: Int, _ start: Int, _ end: Int, isZero: Bool) {
        if PlantedFlaw.isPlanted(.variableStoreForgotten) { return }
        for byte in start..<end {
            let slot = state.frames[depth].slots + Self.slotIndex(byte)
            if slot.pointee.spillSize > 0 { slot.pointee.dissolve() }
            let index = Self.byteIndex(byte)
            switch slot.pointee[index] {
            case .uninitialized: break
            case .zero where isZero: break
            default: slot.pointee[index] = .number
            }
        }
    }

    /// A helper reads `count` bytes from the register's place; all must be initialised and none of a pointer.
    func readStackMemory(_ number: Int, _ base: Register, count: Int) throws(Rejection) {
        let starts = try starts(number, base, offset: 0, size: count)
        let depth = Int(base.frame)
        noteDepth(depth, starts.lowerBound)
        guard count > 0 else { return }
        let value = try readBytes(number, depth, starts.lowerBound, starts.upperBound + count - starts.lowerBound, 8)
        if value.isPointerBits {
            throw reject(
                .pointerLeak, "the helper would read a pointer that is stored on the stack", registers: [number])
        }
    }

    /// A helper writes `count` bytes to the register's place.
    func writeStackMemory(_ number: Int, _ base: Register, count: Int, isPartial: Bool) throws(Rejection) {
        let starts = try starts(number, base, offset: 0, size: count)
        let depth = Int(base.frame)
        noteDepth(depth, starts.lowerBound)
        guard count > 0 else { return }
        state.frames[depth].reach(Self.slotIndex(starts.lowerBound))
        if starts.count > 1 || isPartial {
            scatter(depth, starts.lowerBound, starts.upperBound + count, isZero: false)
            return
        }
        for byte in starts.lowerBound..<starts.lowerBound + count {
            let slot = state.frames[depth].slots + Self.slotIndex(byte)
            if slot.pointee.spillSize > 0 { slot.pointee.dissolve() }
            slot.pointee[Self.byteIndex(byte)] = .number
        }
    }

    /// The number in `count` bytes at a known place of the stack, for keys of maps.
    func stackNumber(_ base: Register, count: Int) -> Scalar? {
        guard base.kind == .stack, base.hasFixedOffset, count <= 8, base.offset % Int32(count) == 0 else { return nil }
        let start = Int(base.offset)
        guard start >= -Self.stackBytes, start + count <= 0 else { return nil }
        let frame = state.frames[Int(base.frame)]
        let index = Self.slotIndex(start)
        guard index < frame.slotCount else { return nil }
        let slot = frame.slots[index]
        if slot.spillSize >= count, Self.byteIndex(start) == slot.spillStart, slot.spill.isScalar,
            !slot.spill.isPointerBits
        {
            var value = slot.spill.number
            if count < 8 { value.truncate(to: count * 8) }
            return value
        }
        let first = Self.byteIndex(start)
        for byte in first..<first + count where slot[byte] != .zero { return nil }
        return .zero
    }
}
