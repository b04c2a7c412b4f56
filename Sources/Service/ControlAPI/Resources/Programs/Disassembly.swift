import Engine
import HTTP
import ISA
import Object

/// `/v1/programs/{program}/disassembly`
enum Disassembly {
    enum Form: String, CaseIterable { case bytecode, jit }

    static func get(_ context: Context) throws(Problem) -> Response {
        let record = try context.control.state.program(try context.program())
        let form = try context.choice("form", Form.self) ?? .bytecode
        let program = try record.function(context.request.query("function"))
        let lines = Disassembler.disassemble(program.instructions, options: options(program, record))
        let native = form == .jit ? try listing(program, record) : nil
        if context.accepts("text/plain") { return .text(native?.text(lines) ?? Disassembler.listing(lines)) }
        var json: JSON = [
            "program": .string(record.name), "function": .string(program.name), "form": .string(form.rawValue),
            "instructions": .array(instructions(lines, program)),
        ]
        if let native { json.set("native", .array(native.lines.map(item))) }
        return context.answer(json)
    }

    /// The native code of a function, as the type that it is accepted as.
    private static func listing(_ program: ObjectProgram, _ record: ProgramRecord) throws(Problem) -> NativeListing {
        let type = program.type ?? record.object.verifier.verify(program).type
        let made: Program
        do throws(LoadError) {
            made = try record.object.program(function: program.name, type: type)
        } catch {
            throw Problem(.unsupported, "\(error)")
        }
        guard let listing = made.nativeListing() else {
            throw Problem(.unsupported, "there is no JIT for this processor")
        }
        return listing
    }

    private static func item(_ line: NativeListing.Line) -> JSON {
        var json: JSON = [
            "offset": .integer(line.offset), "bytes": .string(Hex.text(line.bytes)), "text": .string(line.text),
        ]
        if let slot = line.slot { json.set("index", .integer(slot)) }
        return json
    }

    private static func options(_ program: ObjectProgram, _ record: ProgramRecord) -> Disassembler.Options {
        var options = Disassembler.Options()
        for function in program.functions { options.functions[function.start] = function.name }
        for (index, map) in record.object.file.maps.enumerated() { options.maps[Int32(index)] = map.name }
        for helper in Helper.allCases { options.helpers[Int32(helper.rawValue)] = helper.name }
        for line in program.lines where !line.text.isEmpty { options.source[line.instruction] = line.text }
        return options
    }

    private static func instructions(_ lines: [Disassembler.Line], _ program: ObjectProgram) -> [JSON] {
        var source: [Int: ObjectProgram.SourceLine] = [:]
        for line in program.lines { source[line.instruction] = line }
        return lines.map { line in
            var json: JSON = [
                "index": .integer(line.slot), "bytes": .string(Hex.text(line.bytes)), "text": .string(line.text),
            ]
            if let function = line.function { json.set("function", .string(function)) }
            if let source = source[line.slot] { json.set("source", item(source)) }
            return json
        }
    }

    private static func item(_ source: ObjectProgram.SourceLine) -> JSON {
        [
            "file": .string(source.file), "line": .integer(source.line), "column": .integer(source.column),
            "text": .string(source.text),
        ]
    }

    /// The instructions of a run, with what each did to registers.
    static func steps(_ trace: InstructionTrace, _ program: ObjectProgram, _ record: ProgramRecord) -> [JSON] {
        let lines = Disassembler.disassemble(program.instructions, options: options(program, record))
        // Written once for each instruction, however often it ran.
        let texts = Dictionary(lines.map { ($0.slot, written(.string($0.text))) }) { first, _ in first }
        let source = Dictionary(program.lines.map { ($0.instruction, written(item($0))) }) { $1 }
        return trace.steps.map { step in
            let changes = step.changes.sorted { $0.key < $1.key }
            var json: JSON = [
                "index": .integer(step.slot), "text": texts[step.slot] ?? "", "depth": .integer(step.depth),
                "changes": .object(
                    changes.map { JSON.Member(name: "r\($0.key)", value: .string("0x" + String($0.value, radix: 16))) }),
            ]
            if let line = source[step.slot] { json.set("source", line) }
            return json
        }
    }

    private static func written(_ json: JSON) -> JSON { .raw(JSONText(json).bytes) }
}

extension ProgramRecord {
    /// The function that a query names; it need not where there is only one.
    func function(_ asked: String?) throws(Problem) -> ObjectProgram {
        let programs = object.file.programs
        let known = programs.map(\.name).joined(separator: ", ")
        if let asked {
            guard Names.isFunctionName(asked) else { throw .parameter("function", "\(asked) can't be a function") }
            guard let program = programs.first(where: { $0.name == asked }) else {
                throw .notFound("program \(name) has no function \(asked); it has \(known)")
            }
            return program
        }
        guard programs.count == 1, let program = programs.first else {
            throw .parameter("function", programs.isEmpty ? "the object has none" : "name one of \(known)")
        }
        return program
    }
}
