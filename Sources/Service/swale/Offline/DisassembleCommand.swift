import ArgumentParser
import ISA
import Object

/// `swale disassemble`: what an object holds, without loading it.
struct DisassembleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disassemble",
        abstract: "Show the instructions of an object, as llvm-objdump does.",
        discussion: "Exit status: 0 done, 1 the object is refused, 2 bad usage or unreadable input.")

    @Argument(help: "What clang -target bpf wrote; - is standard input.")
    var object: String

    @Option(help: "One entry function rather than all of them.")
    var function: String?

    @Flag(help: "Source for the assembler rather than a listing.")
    var assembly = false

    func run() throws {
        let bytes = try InputFile.read(object)
        let file: ObjectFile
        do {
            file = try ObjectFile(elf: bytes)
        } catch {
            throw error.failure
        }
        let programs = file.programs.filter { function == nil || $0.name == function }
        guard !programs.isEmpty else {
            let names = file.programs.map(\.name).joined(separator: ", ")
            throw Failure.badUsage(
                function.map { "no function \($0); the object has \(names)" } ?? "the object has no program")
        }
        let texts = programs.map { assembly ? Disassembler.assembly($0.instructions) : listing($0, of: file) }
        print(texts.joined(separator: "\n"), terminator: "")
    }

    private func listing(_ program: ObjectProgram, of file: ObjectFile) -> String {
        var options = Disassembler.Options()
        for function in program.functions { options.functions[function.start] = function.name }
        for (index, map) in file.maps.enumerated() { options.maps[Int32(index)] = map.name }
        var previous: ObjectProgram.SourceLine?
        for line in program.lines {
            // One line has many columns.
            if line.line != previous?.line || line.file != previous?.file {
                options.source[line.instruction] = line.text
            }
            previous = line
        }
        let lines = Disassembler.disassemble(program.instructions, options: options)
        return "Section \(program.section):\n\n" + Disassembler.listing(lines)
    }
}

extension ObjectError {
    /// Bytes that are no object are unreadable input; an object that is not taken is refused.
    var failure: Failure {
        [.truncated, .malformed].contains(kind) ? .badUsage("\(self)") : .failed("\(self)")
    }
}
