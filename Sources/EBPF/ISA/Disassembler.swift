/// Instructions to text, in the words of llvm-objdump 21, or as source for the `Assembler`.
public enum Disassembler {
    /// Names of what a program refers to; nothing needs one.
    public struct Options: Sendable {
        /// Name of the function that begins at a slot.
        public var functions: [Int: String] = [:]
        /// Names of maps, by the `imm` that refers to them.
        public var maps: [Int32: String] = [:]
        /// Names of helpers, by number.
        public var helpers: [Int32: String] = [:]
        /// The source line that begins at a slot.
        public var source: [Int: String] = [:]

        public init() {}
    }

    /// One instruction.
    public struct Line: Hashable, Sendable {
        /// Index of its first slot.
        public let slot: Int
        /// 8 bytes, 16 for `LDDW`.
        public let bytes: [UInt8]
        /// `r0 = *(u64 *)(r1 + 0x8)`, or `<unknown>`.
        public let text: String
        /// Name of the function that begins here.
        public let function: String?
        /// The source line that begins here.
        public let source: String?
    }

    /// A line for each instruction, whatever the slots hold.
    public static func disassemble(_ instructions: [Instruction], options: Options = Options()) -> [Line] {
        let text = ObjdumpText(options)
        return pieces(instructions).map { slot, piece in
            Line(
                slot: slot, bytes: InstructionCodec.encode(Array(piece)), text: text.text(piece, at: slot),
                function: options.functions[slot], source: options.source[slot])
        }
    }

    /// `lines` as `llvm-objdump -d -S` lays them out.
    public static func listing(_ lines: [Line]) -> String {
        var output = ""
        for line in lines {
            if let function = line.function {
                let address = String(line.slot * Instruction.size, radix: 16)
                if !output.isEmpty { output += "\n" }
                output += "\(pad(address, to: 16, with: "0")) <\(function)>:\n"
            }
            if let source = line.source { output += "; \(source)\n" }
            let bytes = line.bytes.map { hex($0).dropFirst(2) }.joined(separator: " ")
            output += "\(pad(String(line.slot), to: 8, with: " ")):\t\(bytes)\t\(line.text)\n"
        }
        return output
    }

    /// One instruction, `r0 = *(u64 *)(r1 + 0x8)`. `next`: the second slot of an `LDDW`.
    public static func text(_ instruction: Instruction, next: Instruction? = nil, slot: Int = 0) -> String {
        let pair = instruction.isWide ? [instruction] + (next.map { [$0] } ?? []) : [instruction]
        return ObjdumpText(Options()).text(pair[...], at: slot)
    }

    /// Source that assembles to exactly `instructions`, one statement a line.
    public static func assembly(_ instructions: [Instruction]) -> String {
        pieces(instructions).map { "\(AssemblyText.text($0.piece))\n" }.joined()
    }

    /// One or two slots for each instruction.
    private static func pieces(_ instructions: [Instruction]) -> [(slot: Int, piece: ArraySlice<Instruction>)] {
        var pieces: [(slot: Int, piece: ArraySlice<Instruction>)] = []
        var slot = 0
        while slot < instructions.count {
            let end = min(slot + (instructions[slot].isWide ? 2 : 1), instructions.count)
            pieces.append((slot, instructions[slot..<end]))
            slot = end
        }
        return pieces
    }

    private static func pad(_ text: String, to width: Int, with character: Character) -> String {
        String(repeating: character, count: max(0, width - text.count)) + text
    }
}
