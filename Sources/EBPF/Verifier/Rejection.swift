import Object

/// Why a program is not accepted: the one flaw that the verifier met, and what led to it.
public struct Rejection: Error, Hashable, Sendable {
    public var category: Category
    /// One sentence: `r3 may be null: compare it with 0 before it is used`.
    public var reason: String
    /// Function that holds the instruction; the entry function where the flaw is of the whole program.
    public var function: String
    /// Slot of the instruction in the program; nil where the flaw is of the whole program.
    public var instruction: Int?
    /// The instruction as the disassembler writes it.
    public var disassembly: String?
    /// The C line, where the object has line information.
    public var source: ObjectProgram.SourceLine?
    /// The few instructions that made the failing register what it is, in the order in which they ran.
    public var path: [Step]
    /// The registers that matter, as they are before the instruction.
    public var registers: [RegisterState]
    public var suggestion: String?

    public init(
        _ category: Category, _ reason: String, function: String = "", instruction: Int? = nil,
        disassembly: String? = nil, source: ObjectProgram.SourceLine? = nil, path: [Step] = [],
        registers: [RegisterState] = [], suggestion: String? = nil
    ) {
        self.category = category
        self.reason = reason
        self.function = function
        self.instruction = instruction
        self.disassembly = disassembly
        self.source = source
        self.path = path
        self.registers = registers
        self.suggestion = suggestion
    }

    /// An instruction on the way to the flaw.
    public struct Step: Hashable, Sendable {
        public var instruction: Int
        public var disassembly: String
        public var source: ObjectProgram.SourceLine?
        /// What it made: `r3 = packet+14, 14 bytes checked`; empty where there is nothing to say.
        public var note: String

        public init(instruction: Int, disassembly: String, source: ObjectProgram.SourceLine? = nil, note: String = "") {
            self.instruction = instruction
            self.disassembly = disassembly
            self.source = source
            self.note = note
        }
    }

    /// What is known of a register: `r3`, `packet`, `packet+14, 14 bytes checked`.
    public struct RegisterState: Hashable, Sendable {
        public var name: String
        public var type: String
        public var value: String

        public init(name: String, type: String, value: String) {
            self.name = name
            self.type = type
            self.value = value
        }
    }

    /// What kind of flaw it is. Raw values are stable: the API and the command line show them.
    public enum Category: String, CaseIterable, Hashable, Sendable {
        /// An instruction that does not exist, or has reserved fields in use (RFC 9669).
        case malformed
        /// A jump outside its function or into an LDDW, an end that is run past, code that nothing reaches.
        case controlFlow = "control-flow"
        /// A register or stack byte is read that was never written, or that a call left without meaning.
        case uninitialized
        /// An access outside the packet, stack, map value or other memory that it is based on.
        case outOfBounds = "out-of-bounds"
        /// An access through a pointer that may be null.
        case nullPointer = "null-pointer"
        /// An access through what is no pointer to memory: a number, a map, the packet's end.
        case notAPointer = "not-a-pointer"
        /// An access to the context at an offset, of a size or in a direction that its type does not have.
        case contextAccess = "context-access"
        /// A write to memory that is read-only.
        case readOnly = "read-only"
        /// An access to the stack or an atomic operation that is not aligned.
        case misaligned
        /// Arithmetic that a pointer does not allow.
        case pointerArithmetic = "pointer-arithmetic"
        /// A pointer goes where others may read it: packet, map, context, the program's result.
        case pointerLeak = "pointer-leak"
        /// A packet pointer, or a pointer into released memory, is used after what it pointed to moved or went.
        case stalePointer = "stale-pointer"
        /// An argument of a helper or subprogram is not of the type, size or range that it takes.
        case helperArgument = "helper-argument"
        /// A call of what programs of this type may not call: an unknown helper, a kernel function, a register.
        case badCall = "bad-call"
        /// A map of the wrong type for a helper, or an operation that the map's flags forbid.
        case mapMisuse = "map-misuse"
        /// The result of the program, or of a callback, is not what it may be.
        case returnValue = "return-value"
        /// A loop that comes back to the state that it was in.
        case infiniteLoop = "infinite-loop"
        /// More than 8 frames, more than 512 bytes of stack, or recursion.
        case callDepth = "call-depth"
        /// A reference (ring buffer record) is not released, or released twice.
        case referenceLeak = "reference-leak"
        /// A spin lock is taken twice, not released, or something is done under it that may not be.
        case spinLock = "spin-lock"
        /// More instructions, branches or memory for states than the limits allow.
        case tooComplex = "too-complex"
        /// What Swale's verifier leaves out: kernel functions, dynptrs, timers, legacy packet access.
        case unsupported
        /// All is well but for helpers or map types that the engine does not offer.
        case notOffered = "not-offered"
        /// The thread's CPU time ran out: no verdict on the program.
        case timeLimit = "time-limit"
    }
}
