import Object

/// The document that the API and the command line show: members that have nothing to say are absent.
extension Rejection: Codable {
    private enum Key: String, CodingKey {
        case category, reason, function, instruction, source, path, registers, suggestion
    }

    private struct Place: Codable {
        /// Slot in the program.
        var index: Int
        var disassembly: String?
    }

    private struct Line: Codable {
        var file: String
        var line: Int
        var column: Int
        var text: String

        init(_ source: ObjectProgram.SourceLine) {
            (file, line, column, text) = (source.file, source.line, source.column, source.text)
        }

        func source(of instruction: Int?) -> ObjectProgram.SourceLine {
            .init(instruction: instruction ?? 0, file: file, line: line, column: column, text: text)
        }
    }

    private struct StepDocument: Codable {
        var instruction: Place
        var source: Line?
        var note: String?
    }

    private struct RegisterDocument: Codable {
        var name: String
        var type: String
        var value: String
    }

    public func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: Key.self)
        try members.encode(category, forKey: .category)
        try members.encode(reason, forKey: .reason)
        try members.encode(function, forKey: .function)
        try members.encodeIfPresent(
            instruction.map { Place(index: $0, disassembly: disassembly) }, forKey: .instruction)
        try members.encodeIfPresent(source.map { Line($0) }, forKey: .source)
        let steps = path.map { step in
            StepDocument(
                instruction: Place(index: step.instruction, disassembly: step.disassembly),
                source: step.source.map { Line($0) }, note: step.note.isEmpty ? nil : step.note)
        }
        let states = registers.map { RegisterDocument(name: $0.name, type: $0.type, value: $0.value) }
        try members.encode(steps, forKey: .path)
        try members.encode(states, forKey: .registers)
        try members.encodeIfPresent(suggestion, forKey: .suggestion)
    }

    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Key.self)
        let place = try members.decodeIfPresent(Place.self, forKey: .instruction)
        let steps = try members.decodeIfPresent([StepDocument].self, forKey: .path) ?? []
        let states = try members.decodeIfPresent([RegisterDocument].self, forKey: .registers) ?? []
        self.init(
            try members.decode(Category.self, forKey: .category), try members.decode(String.self, forKey: .reason),
            function: try members.decodeIfPresent(String.self, forKey: .function) ?? "", instruction: place?.index,
            disassembly: place?.disassembly,
            source: try members.decodeIfPresent(Line.self, forKey: .source)?.source(of: place?.index),
            path: steps.map { step in
                Step(
                    instruction: step.instruction.index, disassembly: step.instruction.disassembly ?? "",
                    source: step.source?.source(of: step.instruction.index), note: step.note ?? "")
            },
            registers: states.map { RegisterState(name: $0.name, type: $0.type, value: $0.value) },
            suggestion: try members.decodeIfPresent(String.self, forKey: .suggestion))
    }
}

extension Rejection.Category: Codable {}
