import ISA
import Object
import Verifier

/// Reads the text of a table.
struct VerifierTableReader {
    let topic: String
    private(set) var cases: [VerifierCase] = []
    private var macros: [String: [String]] = [:]

    init(topic: String) { self.topic = topic }

    mutating func read(_ text: String) throws(VerifierTableError) {
        var block: [String] = []
        var start = 1
        let lines: [Substring] = text.split(separator: "\n", omittingEmptySubsequences: false) + [""]
        for (index, line) in lines.enumerated() {
            let line = line.drop { $0 == " " }
            if line.isEmpty {
                try add(block, at: start)
                block = []
            } else {
                if block.isEmpty { start = index + 1 }
                block.append(String(line))
            }
        }
    }

    /// Takes in one paragraph: a case, a macro, or text.
    private mutating func add(_ block: [String], at line: Int) throws(VerifierTableError) {
        guard let first = block.first else { return }
        let words = first.split(separator: " ")
        switch words.dropFirst().first {
        case "define:" where words.count > 2:
            macros[String(words[2])] = Array(block.dropFirst())
        case "accept:", "reject":
            try addCase(block, at: line)
        default:
            guard block.allSatisfy({ $0.hasPrefix("#") }) else { throw problem("no header", line) }
        }
    }

    private mutating func addCase(_ block: [String], at line: Int) throws(VerifierTableError) {
        let header = block[0].dropFirst(2).split(separator: ":", maxSplits: 1)
        guard header.count == 2 else { throw problem("no name", line) }
        let name = header[1].trimmingPrefix(" ")
        guard !cases.contains(where: { $0.name == name }) else { throw problem("a name that stands twice", line) }
        let each = block.first { $0.hasPrefix("each: ") }
        let body = block.dropFirst().filter { $0 != each }
        guard (each != nil) == body.contains(where: { $0.contains("$_") }) else {
            throw problem("each: and $_ go together", line)
        }
        guard let variants = each?.split(separator: " ").dropFirst() else {
            return try addCase(String(name), header[0], body, line)
        }
        for variant in variants {
            try addCase("\(name) (\(variant))", header[0], body.map { $0.replacing("$_", with: variant) }, line)
        }
    }

    private mutating func addCase(
        _ name: String, _ verdict: Substring, _ body: [String], _ line: Int
    ) throws(VerifierTableError) {
        var new = VerifierCase(name: name, topic: topic, line: line)
        var rest = body[...]
        while let text = rest.first, let (key, value) = Self.setting(text) {
            guard new.set(key, value) else { throw problem("cannot read '\(text)'", line) }
            rest.removeFirst()
        }
        var code: [String] = []
        for text in rest { code += try expanded(text, line) }
        let (instructions, marked) = try assemble(code, line)
        new.program = ObjectProgram(name: "main", instructions: instructions)
        new.program.attachPoint.point = new.point
        try expect(verdict, marked, &new)
        cases.append(new)
    }

    /// `reject out-of-bounds`, `reject too-complex, whole`.
    private func expect(
        _ header: Substring, _ marked: [Int], _ new: inout VerifierCase
    ) throws(VerifierTableError) {
        guard header != "accept" else {
            guard marked.isEmpty else { throw problem("a marked line in what is accepted", new.line) }
            return
        }
        let words = header.dropFirst("reject ".count).split(separator: ", ")
        guard let category = words.first.flatMap({ Rejection.Category(rawValue: String($0)) }) else {
            throw problem("no category '\(header)'", new.line)
        }
        guard (words.last == "whole") == marked.isEmpty else {
            throw problem("no line is marked, or too many", new.line)
        }
        new.expectation = .rejected(category, slots: marked)
    }

    private static func setting(_ text: String) -> (key: Substring, value: Substring)? {
        let parts = text.split(separator: ":", maxSplits: 1)
        let keys: Set<Substring> = ["type", "map", "kernel", "attach", "limit", "offered", "memory"]
        guard parts.count == 2, keys.contains(parts[0]) else { return nil }
        return (parts[0], parts[1].trimmingPrefix(" "))
    }

    /// A line with `.macro` replaced by its lines, and their `$1`, `$2` by the words after it.
    private func expanded(_ text: String, _ line: Int) throws(VerifierTableError) -> [String] {
        if let label = text.prefixMatch(of: /\w+: *(?=\.)/) {
            return [String(label.output)] + (try expanded(String(text[label.range.upperBound...]), line))
        }
        guard text.hasPrefix("."), !text.hasPrefix(".quad") else { return [text] }
        let words = text.prefix { $0 != ";" }.split { $0 == " " || $0 == "," }
        guard let body = macros[String(words[0].dropFirst())] else { throw problem("no macro '\(text)'", line) }
        var result: [String] = []
        for var statement in body {
            for (index, word) in words.enumerated().dropFirst() { statement.replace("$\(index)", with: word) }
            result += try expanded(statement, line)
        }
        // The last statement is what a mark speaks of.
        if text.contains(Self.mark) { result[result.count - 1] += Self.mark }
        return result
    }

    private static let mark = "; <--"

    /// Slots of `code`, and of the lines that end in a mark.
    private func assemble(_ code: [String], _ line: Int) throws(VerifierTableError) -> ([Instruction], marked: [Int]) {
        // A jump to each marked line, behind the program, tells where it is.
        var source: [String] = []
        var marks = 0
        for text in code {
            if text.contains(Self.mark) {
                source.append("mark.\(marks):")
                marks += 1
            }
            source.append(named(text))
        }
        source += (0..<marks).map { "gotol mark.\($0)" }
        let instructions: [Instruction]
        do {
            instructions = try Assembler.assemble(source.joined(separator: "\n"))
        } catch {
            throw problem("\(source[error.line - 1]): \(error.problem)", line)
        }
        let end = instructions.count - marks
        return (Array(instructions[..<end]), (end..<instructions.count).map { $0 + 1 + Int(instructions[$0].imm) })
    }

    /// `call bpf_redirect` by its number.
    private func named(_ text: String) -> String {
        guard let range = text.firstRange(of: "call bpf_") else { return text }
        let name = text[range.upperBound...].prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        guard let number = helperNumbers[String(name)] else { return text }
        return text[..<range.lowerBound] + "call \(number)" + text[name.endIndex...]
    }

    private func problem(_ text: String, _ line: Int) -> VerifierTableError {
        VerifierTableError(topic: topic, line: line, problem: text)
    }
}
