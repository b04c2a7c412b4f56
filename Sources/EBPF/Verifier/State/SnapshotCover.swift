/// Whether one snapshot stands for all that another does: the rest of the program, safe for the first, is safe for the
/// second. Both are of one place in the code.
struct SnapshotCover {
    private var pairs: [(old: UInt32, new: UInt32)] = []
    /// Words of the old snapshot that the latest comparison has looked at.
    private(set) var reached = 0

    mutating func covers(
        _ old: UnsafePointer<UInt64>, _ oldCount: Int, _ new: UnsafePointer<UInt64>, _ newCount: Int,
        masks: [(registers: UInt16, stack: UInt64)]
    ) -> Bool {
        pairs.removeAll(keepingCapacity: true)
        var o = 1
        defer { reached = o }
        guard old[0] == new[0] else { return false }
        var n = 1
        for _ in 0..<Int(old[0] >> 8 & 0xFF) {
            guard matches(UInt32(truncatingIfNeeded: old[o]), UInt32(truncatingIfNeeded: new[n])) else { return false }
            o += 1
            n += 1
        }
        if old[0] & 1 << 16 != 0 {
            guard old[o] & 0xFFFF_FFFF == new[n] & 0xFFFF_FFFF,
                matches(UInt32(truncatingIfNeeded: old[o] >> 32), UInt32(truncatingIfNeeded: new[n] >> 32))
            else { return false }
            o += 1
            n += 1
        }
        for _ in masks {
            // What was explored after fewer iterations of a callback has seen all that comes after more.
            guard old[o] == new[n], old[o + 1] <= new[n + 1] else { return false }
            o += 2
            n += 2
        }
        for mask in masks {
            for _ in 0..<mask.registers.nonzeroBitCount {
                guard coversRegister(old, &o, new, &n) else { return false }
            }
            for _ in 0..<mask.stack.nonzeroBitCount {
                guard coversSlot(old, &o, new, &n) else { return false }
            }
        }
        return true
    }

    /// Most registers that are compared are numbers that are the same, or constants that differ.
    @inline(__always)
    private mutating func coversRegister(
        _ old: UnsafePointer<UInt64>, _ o: inout Int, _ new: UnsafePointer<UInt64>, _ n: inout Int
    ) -> Bool {
        if old[o] == new[n], let count = SnapshotRegister.plainWords(old[o]) {
            let isSame = count == 1 || old[o + 1] == new[n + 1] || PlantedFlaw.isPlanted(.pruningIgnoresRanges)
            o += count
            n += count
            return isSame
        }
        let before = SnapshotRegister.decode(old, &o)
        let now = SnapshotRegister.decode(new, &n)
        return covers(before, now)
    }

    @inline(__always)
    private mutating func coversSlot(
        _ old: UnsafePointer<UInt64>, _ o: inout Int, _ new: UnsafePointer<UInt64>, _ n: inout Int
    ) -> Bool {
        guard old[o] == new[n] else { return coversOtherSlot(old, &o, new, &n) }
        let hasSpill = StackSlot(bytes: old[o]).spillSize > 0
        o += 1
        n += 1
        return !hasSpill || coversRegister(old, &o, new, &n)
    }

    private mutating func coversOtherSlot(
        _ old: UnsafePointer<UInt64>, _ o: inout Int, _ new: UnsafePointer<UInt64>, _ n: inout Int
    ) -> Bool {
        var before = StackSlot()
        before.bytes = old[o]
        o += 1
        if before.spillSize > 0 { before.spill = SnapshotRegister.decode(old, &o) }
        var now = StackSlot()
        now.bytes = new[n]
        n += 1
        if now.spillSize > 0 { now.spill = SnapshotRegister.decode(new, &n) }

        let size = before.spillSize
        let start = before.spillStart
        if size > 0 {
            if now.spillSize == size && now.spillStart == start {
                guard covers(before.spill, now.spill) else { return false }
            } else {
                // Bytes that are no spill are a number of which only zeros are known.
                guard before.spill.isScalar, !before.spill.isPointerBits,
                    let value = now.plainValue(from: start, size: size),
                    covers(before.spill, Register(scalar: value))
                else { return false }
            }
        }
        for index in 0..<8 where index < start || index >= start + size {
            switch before[index] {
            case .uninitialized: break
            case .number, .spill:
                if now[index] == .uninitialized || now[index] == .spill && now.holdsPointer { return false }
            case .zero:
                guard now[index] == .zero || now[index] == .spill && now.spill.isZero else { return false }
            }
        }
        return true
    }

    private mutating func covers(_ old: Register, _ new: Register) -> Bool {
        if PlantedFlaw.isPlanted(.pruningIsReversed), old.isScalar, new.isScalar {
            return new.number.covers(old.number)
        }
        switch old.kind {
        case .uninitialized: return true
        case .scalar:
            guard new.kind == .scalar else { return false }
            // Pointer bits may be less than numbers may, unless they are a packet pointer's.
            if old.isPointerBits || new.isPointerBits {
                guard old.isPointerBits, old.range == 0 || new.isPointerBits && old.range == new.range else {
                    return false
                }
            }
            guard old.number.covers(new.number) || PlantedFlaw.isPlanted(.pruningIgnoresRanges) else { return false }
            guard old.id != 0 else { return true }
            return old.offset == new.offset && matches(old.id, new.id)
        default:
            if PlantedFlaw.isPlanted(.pruningIgnoresNull), old.kind == .mapValue, new.kind == .mapValue { return true }
            guard old.kind == new.kind, old.mayBeNull == new.mayBeNull, old.map == new.map,
                old.frame == new.frame || old.isPacket && old.excess == .unknown,
                old.offset == new.offset, old.size == new.size, old.isReadOnly == new.isReadOnly,
                old.range <= new.range || PlantedFlaw.isPlanted(.pruningIgnoresPacketRange),
                old.number.covers(new.number), matches(old.reference, new.reference)
            else { return false }
            return matches(old.id, new.id)
        }
    }

    /// Ids stand for each other one to one.
    private mutating func matches(_ old: UInt32, _ new: UInt32) -> Bool {
        if PlantedFlaw.isPlanted(.pruningIgnoresIDs) { return true }
        if old == 0 || new == 0 { return old == new }
        for pair in pairs {
            if pair.old == old { return pair.new == new }
            if pair.new == new { return false }
        }
        pairs.append((old, new))
        return true
    }
}

extension StackSlot {
    /// What `size` bytes are as a number where all are initialised and none is of a spilled pointer.
    func plainValue(from start: Int, size: Int) -> Scalar? {
        var allZero = true
        for index in start..<start + size {
            switch self[index] {
            case .uninitialized: return nil
            case .spill:
                if holdsPointer { return nil }
                if !spill.isZero { allZero = false }
            case .number: allZero = false
            case .zero: break
            }
        }
        return allZero ? .zero : Scalar.unsigned(bits: size * 8)
    }
}
