import ISA
import Object

/// A program's native code as text, by the bytecode that it came from.
public struct NativeListing: Sendable {
    /// One native instruction.
    public struct Line: Hashable, Sendable {
        /// Bytes from the start of the code.
        public let offset: Int
        public let bytes: [UInt8]
        /// `mov rdx, [rdi+8]`; a jump's target is an offset.
        public let text: String
        /// Slot of the bytecode instruction that it belongs to; nil in the loop over a burst's frames, in front of
        /// the program, and in what ends runs, behind it.
        public let slot: Int?
    }

    public let lines: [Line]

    /// Writes the code again, with its text: addresses in it are those of `program`'s maps.
    init(_ generated: GeneratedCode, wireSlots: UnsafePointer<Int32>) {
        // Steps that left no code start where the next one does: of those that share an offset the last has written it.
        var starts: [(offset: Int, slot: Int?)] = []
        for (index, offset) in generated.offsets.enumerated() where offset >= 0 {
            if starts.last?.offset == Int(offset) { starts.removeLast() }
            starts.append((Int(offset), Int(wireSlots[index])))
        }
        starts.append((generated.bodyEnd, nil))
        starts.append((generated.deferredEnd, nil))
        // Steps that seldom run lie behind the others.
        starts.sort { ($0.offset, $0.slot ?? -1) < ($1.offset, $1.slot ?? -1) }
        var next = 0
        var slot: Int?
        var lines: [Line] = []
        for (index, line) in generated.lines.enumerated() {
            let offset = Int(line.offset)
            let end = index + 1 < generated.lines.count ? Int(generated.lines[index + 1].offset) : generated.bytes.count
            while next < starts.count, starts[next].offset <= offset {
                slot = starts[next].slot
                next += 1
            }
            // A jump to what follows takes no bytes.
            guard end > offset else { continue }
            lines.append(Line(offset: offset, bytes: Array(generated.bytes[offset..<end]), text: line.text, slot: slot))
        }
        self.lines = lines
    }

    /// Source, bytecode and native code: `bytecode` are the program's own lines. Instructions that left no code stand in
    /// front of the next.
    public func text(_ bytecode: [Disassembler.Line]) -> String {
        var output = ""
        var next = 0
        var hasBody = false
        func showBytecode(through slot: Int) {
            while next < bytecode.count, bytecode[next].slot <= slot {
                let instruction = bytecode[next]
                if let function = instruction.function { output += "\n<\(function)>:\n" }
                if let source = instruction.source { output += "; \(source)\n" }
                output += "\(instruction.slot): \(instruction.text)\n"
                next += 1
            }
        }
        for line in lines {
            if let slot = line.slot {
                showBytecode(through: slot)
                hasBody = true
            } else if hasBody {
                showBytecode(through: .max)
                output += "\n"
                hasBody = false
            }
            let bytes = line.bytes.map { Self.hex(Int($0), 2) }.joined(separator: " ")
            let gap = String(repeating: " ", count: max(31 - bytes.count, 1))
            output += "  \(Self.hex(line.offset, 6)): \(bytes)\(gap)\(line.text)\n"
        }
        showBytecode(through: .max)
        return output
    }

    private static func hex(_ number: Int, _ digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(digits - text.count, 0)) + text
    }
}

extension Program {
    /// The native code that runs this program, or would on a processor; nil where there is none for the host, or nobody
    /// has verified the program.
    public func nativeListing(_ processor: NativeProcessor? = .host) -> NativeListing? {
        guard let processor, let facts = verification?.verdict.facts else { return nil }
        let core = UnsafePointer(executable.core)
        let generated = processor.generator.generate(
            NativeSource(core: core, facts: facts, features: processor.features, listing: true))
        return NativeListing(generated, wireSlots: core.pointee.wireSlots)
    }
}
