import ISA

/// An entry function with all that it calls, linked: what an engine loads.
public struct ObjectProgram: Hashable, Sendable {
    /// Name of the entry function.
    public var name: String
    /// Section that it came from, as in `xdp/devmap`.
    public var section: String
    /// What the section's name says of its use; nil where it says nothing (`.text`, `prog`).
    public var type: ProgramType?
    /// Where an XDP program may run.
    public var attachPoint = XDPAttachPoint()
    /// Slots of calls of weak symbols that nothing here defines, and their names: on Linux too such a program loads if the
    /// call is never reached.
    public var unresolvedCalls: [Int: String] = [:]
    /// The entry function, then each subprogram it reaches.
    ///
    /// Map references are `LDDW` with `src` 1 (`BPF_PSEUDO_MAP_FD`) and `imm` an index into the object's maps, or `src`
    /// 2 (`BPF_PSEUDO_MAP_VALUE`) with the offset into the value in the second slot's `imm`. Subprogram addresses are
    /// `LDDW` with `src` 4 (`BPF_PSEUDO_FUNC`), calls are `CALL` with `src` 1; both lead to slot `i + 1 + imm`, where
    /// `i` is their own (first) slot, as in the kernel.
    public var instructions: [Instruction]
    /// Functions within `instructions`, ascending by `start`; the first is the entry.
    public var functions: [Function]
    /// Source lines, ascending by `instruction`; empty where the object has none.
    public var lines: [SourceLine]

    public init(
        name: String, section: String = "", type: ProgramType? = nil, instructions: [Instruction],
        functions: [Function]? = nil, lines: [SourceLine] = []
    ) {
        self.name = name
        self.section = section
        self.type = type
        self.instructions = instructions
        self.functions = functions ?? [Function(name: name, start: 0)]
        self.lines = lines
    }

    public struct Function: Hashable, Sendable {
        public var name: String
        /// Index of its first instruction slot.
        public var start: Int

        public init(name: String, start: Int) {
            self.name = name
            self.start = start
        }
    }

    /// Where an instruction comes from, `.BTF.ext` line information.
    public struct SourceLine: Hashable, Sendable {
        /// First instruction slot that the line speaks of; it holds until the next line's.
        public var instruction: Int
        public var file: String
        public var line: Int
        public var column: Int
        /// The line itself, empty where the object does not carry it.
        public var text: String

        public init(instruction: Int, file: String, line: Int, column: Int, text: String) {
            self.instruction = instruction
            self.file = file
            self.line = line
            self.column = column
            self.text = text
        }
    }
}
