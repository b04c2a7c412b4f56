import Object

/// A rejection as a compiler would print it: where, what, the C line, how it came to it, what to do.
///
/// ```
/// filter.c:42:9: error: out-of-bounds: r1 reads 4 bytes at packet+26, 14 bytes are checked
///    42 |     if (ip->saddr == blocked)
///       |         ^
/// in filter, insn 7: r1 = *(u32 *)(r2 + 0x1a)
/// how it came to this:
///    38 |     void *data = (void *)(long)ctx->data;
///       insn 3: r2 = *(u32 *)(r1 + 0x0)  ->  r2 = packet
/// r2: packet, 14 bytes checked
/// hint: compare data + 30 with data_end first
/// ```
public struct RejectionText {
    private let rejection: Rejection

    public init(_ rejection: Rejection) { self.rejection = rejection }

    /// Lines without a line break at the end.
    public var text: String {
        var lines = ["\(place): error: \(summary)"]
        if let source = rejection.source { lines += quote(source, caret: true) }
        if let slot = rejection.instruction, rejection.disassembly != nil {
            let function = rejection.function.isEmpty ? "" : "in \(clean(rejection.function)), "
            lines.append(function + instruction(slot, rejection.disassembly ?? ""))
        }
        if !rejection.path.isEmpty { lines.append("how it came to this:") }
        lines += path
        lines += rejection.registers.map { register in
            // A value tells its type first.
            let words = register.value.hasPrefix(register.type) ? [register.value] : [register.type, register.value]
            return "\(clean(register.name)): " + words.filter { !$0.isEmpty }.map(clean).joined(separator: ", ")
        }
        if let suggestion = rejection.suggestion { lines.append("hint: \(clean(suggestion))") }
        return lines.joined(separator: "\n")
    }

    /// `out-of-bounds: r1 reads 4 bytes at packet+26`
    public var summary: String { "\(rejection.category.rawValue): \(clean(rejection.reason))" }

    /// `filter.c:42:9`; the function and instruction where the object does not say.
    public var place: String {
        if let source = rejection.source {
            let column = source.column > 0 ? ":\(source.column)" : ""
            return "\(clean(source.file)):\(source.line)\(column)"
        }
        let function = rejection.function.isEmpty ? "program" : clean(rejection.function)
        return rejection.instruction.map { "\(function), insn \($0)" } ?? function
    }

    private var path: [String] {
        var lines: [String] = []
        var previous = rejection.source?.file
        var line: Int?
        for step in rejection.path {
            if let source = step.source, source.file != previous || source.line != line {
                if source.file != previous { lines.append("  in \(clean(source.file)):") }
                lines += quote(source, caret: false)
                (previous, line) = (source.file, source.line)
            }
            let note = step.note.isEmpty ? "" : "  ->  \(clean(step.note))"
            lines.append("      " + instruction(step.instruction, step.disassembly) + note)
        }
        return lines
    }

    private func instruction(_ slot: Int, _ disassembly: String) -> String {
        "insn \(slot)" + (disassembly.isEmpty ? "" : ": \(clean(disassembly))")
    }

    /// The line under its number, and a mark under its column.
    private func quote(_ source: ObjectProgram.SourceLine, caret: Bool) -> [String] {
        guard !source.text.isEmpty else { return [] }
        let number = String(source.line)
        let padding = String(repeating: " ", count: max(0, 5 - number.count))
        let text = clean(source.text)
        var lines = ["\(padding)\(number) | \(text)"]
        if caret, source.column > 0, source.column <= text.count {
            let lead = text.prefix(source.column - 1).map { $0 == "\t" ? "\t" : " " }.joined()
            lines.append(String(repeating: " ", count: padding.count + number.count) + " | \(lead)^")
        }
        return lines
    }

    /// Names and lines come from objects of any origin: nothing in them may reach a terminal as a command.
    ///
    /// - Parameter ofLines: line breaks may stay.
    public static func printable(_ text: String, ofLines: Bool = false) -> String {
        var clean = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control where scalar == "\t" || ofLines && scalar == "\n": clean.append(scalar)
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned:
                clean.append("\u{fffd}")
            default: clean.append(scalar)
            }
        }
        return String(clean)
    }

    private func clean(_ text: String) -> String { Self.printable(text) }
}
