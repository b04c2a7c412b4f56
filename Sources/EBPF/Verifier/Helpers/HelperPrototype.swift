import Object

/// What a helper takes and gives, as Linux's verifier sees it. Source: `struct bpf_func_proto`, <linux/bpf.h>.
struct HelperPrototype: Hashable, Sendable {
    /// `enum bpf_func_id`, <linux/bpf.h>.
    let number: UInt32
    /// The name in C: `bpf_map_lookup_elem`.
    let name: String
    /// r1 and on, at most five.
    let arguments: [ArgumentType]
    let result: ResultType
    let traits: Traits

    init(
        _ number: UInt32, _ name: String, _ arguments: [ArgumentType], _ result: ResultType, _ traits: Traits = []
    ) {
        self.number = number
        self.name = "bpf_" + name
        self.arguments = arguments
        self.result = result
        self.traits = traits
    }

    struct Traits: OptionSet, Hashable, Sendable {
        let rawValue: UInt16

        /// Its arguments may point into the packet.
        static let packetAccess = Traits(rawValue: 1 << 0)
        /// It moves the packet's start, end or metadata: every pointer into the packet is stale after it.
        static let movesPacket = Traits(rawValue: 1 << 1)
        /// It writes to the packet by itself.
        static let writesPacket = Traits(rawValue: 1 << 2)
        /// It changes the map: not for maps that programs only read.
        static let writesMap = Traits(rawValue: 1 << 3)
        /// The result has to be given back, where it is not null.
        static let acquires = Traits(rawValue: 1 << 4)
        /// Takes back what r1 points to.
        static let releases = Traits(rawValue: 1 << 5)
        /// Calls the function that it gets, zero times or more, before it returns.
        static let callsBack = Traits(rawValue: 1 << 6)
        /// The result is a negative error, or at most the size argument.
        static let resultWithinSize = Traits(rawValue: 1 << 7)
        /// It may look at the registers up to r5 that its arguments leave free; they need not hold anything.
        static let variadic = Traits(rawValue: 1 << 8)
        /// Means something to XDP programs only, though it takes no context.
        static let xdpOnly = Traits(rawValue: 1 << 9)
    }

    /// Whether programs of this type may call it. What takes a context is for XDP, tail calls and perf events aside,
    /// which serve every program that has one.
    func isAllowed(in type: ProgramType) -> Bool {
        let takesContext = arguments.contains(.context)
        return switch type {
        case .xdp: true
        case .vale: !traits.contains(.xdpOnly) && (!takesContext || number == 12 || number == 25)
        case .memory: !traits.contains(.xdpOnly) && !takesContext
        }
    }

    /// Argument `index` for a map of this type: what some maps take as a value differs.
    func argument(_ index: Int, on type: MapType) -> ArgumentType {
        switch (arguments[index], type) {
        // A Bloom filter is asked for a value.
        case (.mapValue, .bloomFilter): .mapValue(.read)
        case (.mapValue, .sockmap), (.mapValue, .sockhash): .socket
        default: arguments[index]
        }
    }

    /// Whether it deals in what the verifier leaves out: sockets, timers, dynptrs, objects of the kernel.
    var isLeftOut: Bool { arguments.contains(where: \.isLeftOut) || result.isLeftOut }
}

/// What an argument of a helper has to be. Source: `enum bpf_arg_type`, <linux/bpf.h>.
enum ArgumentType: Hashable, Sendable {
    /// Any value that is initialised: `ARG_ANYTHING`.
    case anything
    /// The program's own context, unmodified: `ARG_PTR_TO_CTX`.
    case context
    /// `ARG_CONST_MAP_PTR`; the first argument that is one says which map the others are of.
    case constMapPointer
    /// As many bytes as a key of the map has, read.
    case mapKey
    /// As many bytes as a value of the map has.
    case mapValue(Access, nullable: Bool = false)
    /// As many bytes as the next argument says.
    case memory(Access, nullable: Bool = false)
    /// `ARG_PTR_TO_FIXED_SIZE_MEM`
    case fixedMemory(Access, bytes: Int, aligned: Bool = false)
    /// Bytes of the memory that the argument before points to, at least 1: `ARG_CONST_SIZE`.
    case memSize
    /// `ARG_CONST_SIZE_OR_ZERO`
    case memSizeOrZero
    /// A constant, bytes of the memory that is the result: `ARG_CONST_ALLOC_SIZE_OR_ZERO`.
    case constAllocSizeOrZero
    /// A string that ends within a map value that nobody can change: `ARG_PTR_TO_CONST_STR`.
    case constString
    /// The lock in a map value: `ARG_PTR_TO_SPIN_LOCK`.
    case spinLock
    /// The address of a function of the program: `ARG_PTR_TO_FUNC`.
    case function
    /// The callback's context, an address of the stack: `ARG_PTR_TO_STACK_OR_NULL`.
    case stackOrNull
    /// The start of a record of a ring buffer: `ARG_PTR_TO_RINGBUF_MEM`.
    case ringbufMemory
    /// `ARG_PTR_TO_BTF_ID_SOCK_COMMON` and `ARG_PTR_TO_SOCK_COMMON`
    case socket
    /// `ARG_PTR_TO_BTF_ID`
    case btfObject(nullable: Bool)
    /// `ARG_PTR_TO_PERCPU_BTF_ID`
    case perCPUVariable
    /// `ARG_KPTR_XCHG_DEST`
    case kernelPointer
    case timer
    case dynptr

    /// What the helper does with memory. What it only writes need not be initialised, and is after the call.
    enum Access: Hashable, Sendable {
        case read, write, readWrite
    }

    var isLeftOut: Bool {
        switch self {
        case .socket, .btfObject, .perCPUVariable, .kernelPointer, .timer, .dynptr: true
        default: false
        }
    }
}

/// What a helper leaves in r0. Source: `enum bpf_return_type`, <linux/bpf.h>.
enum ResultType: Hashable, Sendable {
    /// Any 64 bits.
    case integer
    /// r0 is without meaning.
    case void
    /// A value of the map that is an argument, or what `HelperTable.lookupResult` says of the map's type.
    case mapValueOrNull
    /// As many bytes as the `constAllocSizeOrZero` argument says.
    case ringbufMemoryOrNull
    case socketOrNull
    case btfObject(nullable: Bool)
    case kernelMemory(nullable: Bool)
    case dynptrMemoryOrNull

    var isLeftOut: Bool {
        switch self {
        case .integer, .void, .mapValueOrNull, .ringbufMemoryOrNull: false
        case .socketOrNull, .btfObject, .kernelMemory, .dynptrMemoryOrNull: true
        }
    }
}
