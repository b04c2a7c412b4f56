/// What the generator believes of a register or a stack slot: it steers generation towards programs that are accepted,
/// and is right only where no mistake was made on purpose.
struct Value: Equatable {
    enum Kind: Equatable {
        /// Not to be read.
        case none
        case number
        case context
        case packet
        case packetEnd
        case mapValue
        case mapValueOrNull
        /// The function's own stack.
        case stack
        /// `bytes` bytes of a caller's stack.
        case memory
    }

    var kind = Kind.none
    /// Numbers: never more than this, unsigned.
    var limit = UInt64.max
    /// Pointers: distance from the start of what they point to.
    var offset = 0
    /// Packet pointers, from the start that `offset` counts from; memory: bytes that may be touched.
    var bytes = 0
    /// Packet pointers with one id have the same variable offset; pointers that may be null are null together.
    var id = 0
    var map = 0

    static let none = Value()
    static let number = Value(kind: .number)
    static func number(limit: UInt64) -> Value { Value(kind: .number, limit: limit) }

    var isPointer: Bool { kind != .none && kind != .number }

    /// What holds on both of two paths.
    static func join(_ a: Value, _ b: Value) -> Value {
        guard a.kind == b.kind else { return .none }
        var joined = a
        switch a.kind {
        case .number: joined.limit = max(a.limit, b.limit)
        case .packet:
            guard a.offset == b.offset, a.id == b.id else { return .none }
            joined.bytes = min(a.bytes, b.bytes)
        case .memory, .mapValue, .mapValueOrNull, .stack: if a != b { return .none }
        case .none, .context, .packetEnd: break
        }
        return joined
    }
}

/// Registers and stack at one point of the program.
struct Model {
    /// r0 to r9.
    var registers = [Value](repeating: .none, count: 10)
    /// Slot i is 8 bytes at r10 - 8 * (i + 1). Few, so that programs meet the same slots again.
    var slots = [Value](repeating: .none, count: Model.slotCount)
    /// Slots of which only the lower half is written.
    var halves: Set<Int> = []
    /// False behind a jump or an exit.
    var isReachable = true

    static let slotCount = 12

    mutating func join(_ other: Model) {
        guard other.isReachable else { return }
        guard isReachable else {
            self = other
            return
        }
        for index in registers.indices {
            registers[index] = Value.join(registers[index], other.registers[index])
        }
        for index in slots.indices { slots[index] = Value.join(slots[index], other.slots[index]) }
        halves.formIntersection(other.halves)
    }

    /// Everything that may be changed at once: registers and spilled ones.
    mutating func forEach(_ body: (inout Value) -> Void) {
        for index in registers.indices { body(&registers[index]) }
        for index in slots.indices { body(&slots[index]) }
    }
}
