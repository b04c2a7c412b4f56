/// Writes what matters of a state, in words: the live registers and stack slots, in one order for one place in the code.
///
/// Ids are numbered in the order in which they are met, so that equal states are equal words. The id of a scalar that no
/// other live one shares says nothing and is left out.
///
/// A register is a word of its kind and marks, then only those of its parts that the word says are there.
struct SnapshotWriter {
    private(set) var words: ContiguousArray<UInt64> = []
    private var ids: [UInt32] = []
    private var counts: [Int] = []

    /// Ids below keep their number.
    static let firstFreeID: UInt32 = 2

    mutating func write(_ state: State, at slot: Int, _ liveness: Liveness) {
        words.removeAll(keepingCapacity: true)
        ids.removeAll(keepingCapacity: true)
        counts.removeAll(keepingCapacity: true)
        count(state, slot, liveness)
        words.append(
            UInt64(state.frames.count) | UInt64(state.references.count) << 8 | (state.lock == nil ? 0 : 1 << 16))
        for reference in state.references { words.append(UInt64(number(reference.id))) }
        if let lock = state.lock { words.append(lock.map.bits | UInt64(number(lock.id)) << 32) }
        // Ahead of all that is live in frames: what is live in one depends on where the next one was called.
        for frame in state.frames {
            words.append(Self.head(frame))
            words.append(UInt64(frame.iteration))
        }
        for depth in state.frames.indices {
            let frame = state.frames[depth]
            let live = Self.live(state, depth, slot, liveness)
            for register in 0..<10 where live.registers & 1 << register != 0 { write(frame.registers[register]) }
            var stack = live.stack
            while stack != 0 {
                let index = stack.trailingZeroBitCount
                stack &= stack - 1
                write(index < frame.slotCount ? frame.slots[index] : .uninitialized)
            }
        }
    }

    static func head(_ frame: Frame) -> UInt64 {
        UInt64(frame.callSite) | UInt64(frame.function) << 24 | UInt64(frame.callback.rawValue) << 48
    }

    /// What is live in a frame while the path is at `slot` in the top one.
    static func live(
        _ state: State, _ depth: Int, _ slot: Int, _ liveness: Liveness
    ) -> (registers: UInt16, stack: UInt64) {
        guard depth + 1 < state.frames.count else { return (liveness.registers[slot], liveness.stack[slot]) }
        // The frame waits in a call; a callback returns to it, and it may call again.
        let inner = state.frames[depth + 1]
        return (
            liveness.registersDuringCall(at: inner.callSite, isCallback: inner.callback != .none),
            liveness.stackDuringCall(at: inner.callSite)
        )
    }

    private mutating func count(_ state: State, _ slot: Int, _ liveness: Liveness) {
        for reference in state.references { count(reference.id) }
        if let lock = state.lock { count(lock.id) }
        for depth in state.frames.indices {
            let frame = state.frames[depth]
            let live = Self.live(state, depth, slot, liveness)
            for register in 0..<10 where live.registers & 1 << register != 0 { count(of: frame.registers[register]) }
            var stack = live.stack
            while stack != 0 {
                let index = stack.trailingZeroBitCount
                stack &= stack - 1
                if index < frame.slotCount, frame.slots[index].spillSize > 0 { count(of: frame.slots[index].spill) }
            }
        }
    }

    private mutating func count(of register: Register) {
        if register.reference != 0 { count(register.reference) }
        if register.id != 0 && !(register.isScalar && register.number.isConstant) { count(register.id) }
    }

    private mutating func count(_ id: UInt32) {
        guard id >= Self.firstFreeID else { return }
        if let index = ids.firstIndex(of: id) {
            counts[index] += 1
        } else {
            ids.append(id)
            counts.append(1)
        }
    }

    private func number(_ id: UInt32) -> UInt32 {
        guard id >= Self.firstFreeID, let index = ids.firstIndex(of: id) else { return id }
        return UInt32(index) + Self.firstFreeID
    }

    private mutating func write(_ slot: StackSlot) {
        words.append(slot.bytes)
        if slot.spillSize > 0 { write(slot.spill) }
    }

    private mutating func write(_ register: Register) {
        var id = register.id
        if register.isScalar && id >= Self.firstFreeID {
            if register.number.isConstant || ids.firstIndex(of: id).map({ counts[$0] }) == 1 { id = 0 }
        }
        SnapshotRegister.encode(register, id: number(id), reference: number(register.reference), into: &words)
    }
}

/// The words of one register.
enum SnapshotRegister {
    private enum Form {
        static let unknown: UInt64 = 0
        static let constant: UInt64 = 1
        static let whole: UInt64 = 2
    }
    private static let scalarWords = MemoryLayout<Scalar>.size / 8

    static func encode(_ register: Register, id: UInt32, reference: UInt32, into words: inout ContiguousArray<UInt64>) {
        guard register.kind != .uninitialized else { return words.append(0) }
        let constant = register.number.constant
        let form = constant != nil ? Form.constant : register.number == .unknown ? Form.unknown : Form.whole
        var head = UInt64(register.kind.rawValue) | form << 8 | UInt64(register.frame) << 12
        head |= register.map.bits << 16 | UInt64(id) << 32
        if register.mayBeNull { head |= 1 << 4 }
        if register.isPointerBits { head |= 1 << 5 }
        if register.isReadOnly { head |= 1 << 6 }
        let hasPlace = register.isPointer || register.isPointerBits || id != 0
        let hasMemory = register.size != 0 || reference != 0
        if hasPlace { head |= 1 << 10 }
        if hasMemory { head |= 1 << 11 }
        words.append(head)
        if hasPlace { words.append(UInt64(UInt32(bitPattern: register.offset)) | UInt64(register.range) << 32) }
        if hasMemory { words.append(UInt64(register.size) | UInt64(reference) << 32) }
        switch form {
        case Form.constant: words.append(constant ?? 0)
        case Form.whole:
            withUnsafeBytes(of: register.number) { bytes in
                for index in 0..<scalarWords { words.append(bytes.load(fromByteOffset: index * 8, as: UInt64.self)) }
            }
        default: break
        }
    }

    /// The words of a register that begins with `head`, where it is a number of which nothing or everything is known.
    @inline(__always)
    static func plainWords(_ head: UInt64) -> Int? {
        switch head {
        case UInt64(Register.Kind.scalar.rawValue) | Form.unknown << 8: 1
        case UInt64(Register.Kind.scalar.rawValue) | Form.constant << 8: 2
        default: nil
        }
    }

    /// Reads the register at `position` and moves on.
    @inline(__always)
    static func decode(_ words: UnsafePointer<UInt64>, _ position: inout Int) -> Register {
        let head = words[position]
        position += 1
        var register = Register()
        register.kind = Register.Kind(rawValue: UInt8(head & 0xF)).unsafelyUnwrapped
        register.mayBeNull = head & 1 << 4 != 0
        register.isPointerBits = head & 1 << 5 != 0
        register.isReadOnly = head & 1 << 6 != 0
        register.frame = UInt8(head >> 12 & 0xF)
        register.map = MapReference(bits: head >> 16)
        register.id = UInt32(truncatingIfNeeded: head >> 32)
        if head & 1 << 10 != 0 {
            register.offset = Int32(truncatingIfNeeded: words[position])
            register.range = UInt32(truncatingIfNeeded: words[position] >> 32)
            position += 1
        }
        if head & 1 << 11 != 0 {
            register.size = UInt32(truncatingIfNeeded: words[position])
            register.reference = UInt32(truncatingIfNeeded: words[position] >> 32)
            position += 1
        }
        switch head >> 8 & 3 {
        case Form.constant:
            register.number = Scalar(constant: words[position])
            position += 1
        case Form.whole:
            withUnsafeMutableBytes(of: &register.number) { bytes in
                for index in 0..<scalarWords {
                    bytes.storeBytes(of: words[position + index], toByteOffset: index * 8, as: UInt64.self)
                }
            }
            position += scalarWords
        default: break
        }
        return register
    }
}
