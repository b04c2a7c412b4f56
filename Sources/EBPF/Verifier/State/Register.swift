/// What is known of one register, or of a spilled one, on one path.
struct Register: BitwiseCopyable {
    enum Kind: UInt8 {
        case uninitialized
        case scalar
        case context
        /// A frame of the stack; `offset` is from the frame's top, r10.
        case stack
        /// The packet's data; of `ProgramType.memory`, the memory.
        case packet
        case packetMeta
        case packetEnd
        /// A map, as helpers take it.
        case map
        /// Key of an element, within a callback of `bpf_for_each_map_elem`.
        case mapKey
        case mapValue
        /// Memory of `size` bytes that a helper returned.
        case memory
        /// A callback; `offset` is the slot of its first instruction.
        case function
    }

    var kind = Kind.uninitialized
    /// The pointer may be 0: all with its `id` are, or none is.
    var mayBeNull = false
    /// A number made of a pointer's bits: it stays in registers and on the stack.
    var isPointerBits = false
    /// Number of the frame that a stack pointer points into. Of a packet pointer, an `Excess`.
    var frame: UInt8 = 0
    /// Memory that may be read only.
    var isReadOnly = false
    var map = MapReference.none
    /// Packet pointers: bytes from the pointer less its `offset` that are known to be there. Pointer bits: not 0 where they
    /// are the low half of a pointer into the packet.
    var range: UInt32 = 0
    /// 0: none. Scalars with one id have `offset` as their only difference; pointers with one id have the same variable
    /// part, and are null together.
    var id: UInt32 = 0
    /// What must be released before the program ends; 0: nothing.
    var reference: UInt32 = 0
    /// Pointers: the known part of the distance to what they are based on. Scalars with an id: the distance from it.
    var offset: Int32 = 0
    var size: UInt32 = 0
    /// Scalars: the value. Pointers: the unknown part of the offset.
    var number = Scalar.unknown

    /// What is known of a packet pointer that reaches the packet's end.
    enum Excess: UInt8 {
        case unknown
        /// At the end or behind it.
        case end
        /// Behind the end.
        case beyond
    }

    var excess: Excess {
        get { Excess(rawValue: frame) ?? .unknown }
        set { frame = newValue.rawValue }
    }

    static let uninitialized = Register()
    static let unknown = Register(.scalar)
    static let zero = Register(constant: 0)

    init() {}

    /// A number that is not known, or a pointer to the start of what its kind stands for.
    init(_ kind: Kind) {
        self.kind = kind
        if kind != .scalar { number = Scalar.zero }
    }

    init(constant: UInt64) {
        kind = .scalar
        number = Scalar(constant: constant)
    }

    init(scalar: Scalar) {
        kind = .scalar
        number = scalar
    }

    var isScalar: Bool { kind == .scalar }
    var isPointer: Bool { kind != .scalar && kind != .uninitialized }
    var isPacket: Bool { kind == .packet || kind == .packetMeta || kind == .packetEnd }
    var constant: UInt64? { kind == .scalar ? number.constant : nil }
    var isZero: Bool { kind == .scalar && number.constant == 0 }

    /// Whether the whole offset is known.
    var hasFixedOffset: Bool { number.constant == 0 }

    /// Makes it a number of which nothing is known.
    mutating func forget() { self = .unknown }
}

extension Scalar {
    static let zero = Scalar(constant: 0)
}

/// A map of the program, or the maps within one.
struct MapReference: BitwiseCopyable, Equatable {
    private let raw: Int16

    static let none = MapReference(raw: -1)
    private init(raw: Int16) { self.raw = raw }
    init(_ index: Int, isInner: Bool = false) { raw = Int16(truncatingIfNeeded: index << 1 | (isInner ? 1 : 0)) }

    var index: Int { Int(raw >> 1) }
    var isInner: Bool { raw & 1 == 1 }
    var inner: MapReference { MapReference(index, isInner: true) }
    var bits: UInt64 { UInt64(UInt16(bitPattern: raw)) }
    init(bits: UInt64) { raw = Int16(bitPattern: UInt16(truncatingIfNeeded: bits)) }
    /// Highest index that it can hold.
    static let limit = 1 << 14
}
