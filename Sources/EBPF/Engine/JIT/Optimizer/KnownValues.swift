import ISA

/// What registers and the stack are known to hold, from one jump target to the next.
struct KnownValues {
    /// What a register holds.
    enum Value {
        case unknown
        case constant(Int64)
        /// r10 and so many bytes.
        case stack(Int)
        case bytes(Bytes)
    }

    /// A number that consists of bytes of memory: for each byte, from the lowest, its place as distance from a register.
    struct Bytes {
        static let zero = Int32.min

        var base: UInt8
        /// Which of the values that the register has had is meant.
        var version: Int32
        /// Which memory is meant: what was there before a store may not be what is there now.
        var epoch: Epoch
        var places: SIMD8<Int32>
    }

    /// Counts up with stores: to the stack, to all else.
    struct Epoch: Equatable {
        var memory: Int32 = 0
        /// -1 for memory that is not in the stack.
        var stack: Int32 = 0
    }

    /// Bytes side by side in memory, which one load gives.
    struct Run {
        var base: UInt8
        var version: Int32
        var epoch: Epoch
        var offset: Int32
        var count: Int
        var isSwapped: Bool
    }

    enum Stored {
        case constant(Int64)
        case register(UInt8)
    }

    private struct Slot {
        var offset: Int
        var bytes: Int
        var register: UInt8
        var version: Int32
        var constant: Int64?
    }

    private var values: [Value] = [Value](repeating: .unknown, count: 11)
    private var versions: [Int32] = [Int32](repeating: 0, count: 11)
    private var epoch = Epoch()
    private var slots: [Slot] = []
    private static let mostSlots = 16

    init() { values[10] = .stack(0) }

    mutating func forgetAll() {
        for register in 0..<10 {
            values[register] = .unknown
            versions[register] &+= 1
        }
        changeMemory()
        slots.removeAll(keepingCapacity: true)
    }

    private mutating func changeMemory() {
        epoch.memory &+= 1
        epoch.stack &+= 1
    }

    func constant(_ register: UInt8) -> Int64? {
        if case .constant(let value) = values[Int(register)] { value } else { nil }
    }

    func stackOffset(_ register: UInt8) -> Int? {
        if case .stack(let offset) = values[Int(register)] { offset } else { nil }
    }

    /// What these bytes of the stack hold: what one store left.
    ///
    /// - Parameter undoing: steps just before this one that are left out, by the register that they write.
    func stored(at offset: Int, bytes: Int, undoing: ArgumentMoves = ArgumentMoves()) -> Stored? {
        guard let slot = slots.last(where: { $0.offset < offset + bytes && offset < $0.offset + $0.bytes }),
            slot.offset == offset, slot.bytes >= bytes
        else { return nil }
        if let constant = slot.constant { return .constant(constant) }
        // The low bytes of a wider store are those of its register.
        guard versions[Int(slot.register)] == slot.version &+ undoing[slot.register] else { return nil }
        return .register(slot.register)
    }

    /// The bytes that the last store to this place left; nil where that is not known.
    func storeWidth(at offset: Int) -> Int? {
        slots.last { $0.offset <= offset && offset < $0.offset + $0.bytes }
            .flatMap { $0.offset == offset ? $0.bytes : nil }
    }

    /// How often steps write r1 to r4.
    struct ArgumentMoves {
        private var counts: SIMD4<Int32> = .zero

        subscript(_ register: UInt8) -> Int32 { (1...4).contains(register) ? counts[Int(register) - 1] : 0 }

        mutating func add(_ register: UInt8) { counts[Int(register) - 1] += 1 }
    }

    /// The bytes that make up a register, where one load gives them.
    func byteRun(_ register: UInt8) -> Run? {
        guard case .bytes(let bytes) = values[Int(register)] else { return nil }
        var count = 0
        while count < 8, bytes.places[count] != Bytes.zero { count += 1 }
        for index in count..<8 where bytes.places[index] != Bytes.zero { return nil }
        guard [2, 4, 6, 8].contains(count) else { return nil }
        let step = bytes.places[1] &- bytes.places[0]
        guard step == 1 || step == -1 else { return nil }
        for index in 1..<count where bytes.places[index] &- bytes.places[index - 1] != step { return nil }
        return Run(
            base: bytes.base, version: bytes.version, epoch: bytes.epoch,
            offset: step == 1 ? bytes.places[0] : bytes.places[count - 1], count: count, isSwapped: step == -1)
    }

    /// Bytes that a register's number has at most; nil where nothing is known of it.
    func byteCount(_ register: UInt8) -> Int? {
        guard case .bytes(let bytes) = values[Int(register)] else { return nil }
        return (0..<8).last { bytes.places[$0] != Bytes.zero }.map { $0 + 1 } ?? 0
    }

    /// Whether a load would give these bytes here.
    func isCurrent(_ run: Run) -> Bool {
        versions[Int(run.base)] == run.version && epoch.memory == run.epoch.memory
            && (run.epoch.stack == -1 || epoch.stack == run.epoch.stack)
    }

    // MARK: Steps

    /// - Parameter mayBeStack: registers that may hold an address in the stack, before the step.
    mutating func note(_ step: NativeStep, mayBeStack: RegisterSet) {
        switch step.form {
        case .omitted: return
        case .lookup, .hashLookup:
            set(0, .unknown)
            clobberArguments()
            return
        case .contextLoad:
            set(step.dst, .unknown)
            return
        case .plain, .swappedLoad, .load48, .swappedLoad48, .maskedLoad48, .hashUpdate, .mapCall: break
        }
        switch step.operation {
        case .callHelper:
            set(0, .unknown)
            clobberArguments()
            changeMemory()
            // Helpers of maps write to no memory of the program's.
            if !step.isMapHelper { slots.removeAll(keepingCapacity: true) }
        case .callLocal, .callx:
            for register in UInt8(0)...5 { set(register, .unknown) }
            changeMemory()
            slots.removeAll(keepingCapacity: true)
        case .st8, .st16, .st32, .st64, .stx8, .stx16, .stx32, .stx64:
            noteStore(step, mayBeStack: mayBeStack & 1 << RegisterSet(step.dst) != 0)
        case .ldx8, .ldx16, .ldx32, .ldx64:
            set(step.dst, loaded(step, isStack: mayBeStack & 1 << RegisterSet(step.src) != 0))
        case _ where step.operation.isAtomic:
            changeMemory()
            if mayBeStack & 1 << RegisterSet(step.dst) != 0 { slots.removeAll(keepingCapacity: true) }
            forgetWrites(step)
        case _ where step.operation.isJump || step.operation == .ja32: break
        default:
            if step.registers.writes != 0 { set(step.dst, computed(step)) }
        }
    }

    private mutating func forgetWrites(_ step: NativeStep) {
        let writes = step.registers.writes
        for register in UInt8(0)...9 where writes & 1 << RegisterSet(register) != 0 { set(register, .unknown) }
    }

    private mutating func clobberArguments() {
        for register in UInt8(1)...5 { set(register, .unknown) }
    }

    private mutating func set(_ register: UInt8, _ value: Value) {
        values[Int(register)] = value
        versions[Int(register)] &+= 1
    }

    private mutating func noteStore(_ step: NativeStep, mayBeStack: Bool) {
        guard let width = step.operation.storeWidth else { return }
        guard let base = stackOffset(step.dst) else {
            epoch.memory &+= 1
            if mayBeStack {
                epoch.stack &+= 1
                slots.removeAll(keepingCapacity: true)
            }
            return
        }
        epoch.stack &+= 1
        let offset = base + Int(step.offset)
        slots.removeAll { $0.offset < offset + width && offset < $0.offset + $0.bytes }
        if slots.count >= Self.mostSlots { slots.removeFirst() }
        let isImmediate = step.operation.rawValue <= Operation.st64.rawValue
        slots.append(
            Slot(
                offset: offset, bytes: width, register: step.src, version: versions[Int(step.src)],
                constant: isImmediate ? step.imm : constant(step.src)))
    }

    private func loaded(_ step: NativeStep, isStack: Bool) -> Value {
        guard step.form == .plain, let width = step.operation.loadWidth else { return .unknown }
        var places = SIMD8<Int32>(repeating: Bytes.zero)
        for index in 0..<width { places[index] = step.offset &+ Int32(index) }
        // A load into its own base leaves nothing that a second load could start from.
        guard step.dst != step.src else { return .unknown }
        let epoch = Epoch(memory: epoch.memory, stack: isStack ? epoch.stack : -1)
        return .bytes(Bytes(base: step.src, version: versions[Int(step.src)], epoch: epoch, places: places))
    }

    // MARK: Arithmetic

    private func byteValue(_ register: UInt8) -> Bytes? {
        if case .bytes(let bytes) = values[Int(register)] { bytes } else { nil }
    }

    private func computed(_ step: NativeStep) -> Value {
        switch step.operation {
        case .lddw, .mov64Imm: return .constant(step.imm)
        case .mov32Imm: return .constant(step.imm & 0xFFFF_FFFF)
        case .mov64Reg: return values[Int(step.src)]
        case .mov32Reg: return low32(values[Int(step.src)])
        case .add64Imm: return stackOffset(step.dst).map { .stack($0 &+ Int(step.imm)) } ?? .unknown
        case .sub64Imm: return stackOffset(step.dst).map { .stack($0 &- Int(step.imm)) } ?? .unknown
        case .lsh64Imm: return shifted(step.dst, by: Int(step.imm), is32: false)
        case .lsh32Imm: return shifted(step.dst, by: Int(step.imm), is32: true)
        case .rsh64Imm: return shifted(step.dst, by: -Int(step.imm), is32: false)
        case .rsh32Imm: return low32(values[Int(step.dst)]).shifted(by: -Int(step.imm), is32: true)
        case .or64Reg, .add64Reg, .xor64Reg: return united(step.dst, step.src)
        case .or32Reg, .add32Reg, .xor32Reg: return low32(united(step.dst, step.src))
        case .be16, .bswap16: return swapped(step.dst, 2)
        case .be32, .bswap32: return swapped(step.dst, 4)
        case .be64, .bswap64: return swapped(step.dst, 8)
        case .le16: return masked(step.dst, 2)
        case .le32: return masked(step.dst, 4)
        case .and64Imm, .and32Imm:
            switch step.imm & 0xFFFF_FFFF {
            case 0xFF: return masked(step.dst, 1)
            case 0xFFFF: return masked(step.dst, 2)
            default: return .unknown
            }
        default: return .unknown
        }
    }

    private func low32(_ value: Value) -> Value {
        switch value {
        case .constant(let number): return .constant(number & 0xFFFF_FFFF)
        case .bytes(var bytes):
            for index in 4..<8 { bytes.places[index] = Bytes.zero }
            return .bytes(bytes)
        case .unknown, .stack: return .unknown
        }
    }

    private func masked(_ register: UInt8, _ count: Int) -> Value {
        guard var bytes = byteValue(register) else { return .unknown }
        for index in count..<8 { bytes.places[index] = Bytes.zero }
        return .bytes(bytes)
    }

    private func swapped(_ register: UInt8, _ count: Int) -> Value {
        guard var bytes = byteValue(register) else { return .unknown }
        let places = bytes.places
        for index in 0..<8 { bytes.places[index] = index < count ? places[count - 1 - index] : Bytes.zero }
        return .bytes(bytes)
    }

    private func shifted(_ register: UInt8, by bits: Int, is32: Bool) -> Value {
        values[Int(register)].shifted(by: bits, is32: is32)
    }

    private func united(_ a: UInt8, _ b: UInt8) -> Value {
        guard var bytes = byteValue(a), let other = byteValue(b), a != b, bytes.base == other.base,
            bytes.version == other.version, bytes.epoch == other.epoch
        else { return .unknown }
        for index in 0..<8 where other.places[index] != Bytes.zero {
            guard bytes.places[index] == Bytes.zero else { return .unknown }
            bytes.places[index] = other.places[index]
        }
        return .bytes(bytes)
    }
}

extension KnownValues.Value {
    /// `bits` to the left; only whole bytes are followed.
    fileprivate func shifted(by bits: Int, is32: Bool) -> Self {
        guard case .bytes(var bytes) = self, bits % 8 == 0, abs(bits) < (is32 ? 32 : 64) else { return .unknown }
        let places = bytes.places
        let count = bits / 8
        for index in 0..<8 {
            let from = index - count
            bytes.places[index] =
                (0..<8).contains(from) && !(is32 && index >= 4) ? places[from] : KnownValues.Bytes.zero
        }
        return .bytes(bytes)
    }
}

extension Operation {
    var isAtomic: Bool {
        rawValue >= Operation.atomicAdd32.rawValue && rawValue <= Operation.atomicCmpxchg64.rawValue
    }
}
