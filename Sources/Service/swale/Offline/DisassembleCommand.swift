import ArgumentParser
import Engine
import ISA
import Maps
import Object

/// `swale disassemble`: what an object holds, without loading it.
struct DisassembleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disassemble",
        abstract: "Show the instructions of an object, as llvm-objdump does, or its native code.",
        discussion: "Exit status: 0 done, 1 the object is refused, 2 bad usage or unreadable input.")

    @Argument(help: "What clang -target bpf wrote; - is standard input.")
    var object: String

    @Option(help: "One entry function rather than all of them.")
    var function: String?

    @Flag(help: "Source for the assembler rather than a listing.")
    var assembly = false

    @Flag(help: "Native code, by instruction and source line; addresses in it differ from load to load.")
    var jit = false

    @Option(help: "With --jit: a processor other than this one.")
    var arch: NativeProcessor?

    @Option(help: "With --jit: vale or xdp, for functions whose section does not tell.")
    var type: String?

    func validate() throws {
        guard !jit || !assembly else { throw ValidationError("--jit and --assembly exclude each other") }
        guard jit || arch == nil else { throw ValidationError("--arch is for --jit") }
        guard type == nil || type == "vale" || type == "xdp" else { throw ValidationError("--type is vale or xdp") }
    }

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
        if jit { return try printNative(bytes, programs) }
        let texts = programs.map { assembly ? Disassembler.assembly($0.instructions) : listing($0, of: file) }
        print(texts.joined(separator: "\n"), terminator: "")
    }

    private func printNative(_ bytes: [UInt8], _ programs: [ObjectProgram]) throws {
        if arch == nil { try EngineChoice.jit.requireAvailable() }
        var texts: [String] = []
        do throws(LoadError) {
            let verifier = try ObjectVerifier(elf: bytes)
            let object = try LoadedObject(verifier, domain: WorkerDomain(), trace: TraceLog())
            for code in programs {
                let asked: ProgramType? = type.map { $0 == "xdp" ? .xdp : .vale }
                let program = try object.program(
                    function: code.name, type: asked ?? code.type ?? verifier.verify(code).type)
                guard let listing = program.nativeListing(arch ?? .host) else { continue }
                texts.append("Section \(code.section):\n" + listing.text(lines(code, of: verifier.file)))
            }
        } catch {
            throw error.failure
        }
        print(texts.joined(separator: "\n"), terminator: "")
    }

    private func listing(_ program: ObjectProgram, of file: ObjectFile) -> String {
        "Section \(program.section):\n\n" + Disassembler.listing(lines(program, of: file))
    }

    private func lines(_ program: ObjectProgram, of file: ObjectFile) -> [Disassembler.Line] {
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
        return Disassembler.disassemble(program.instructions, options: options)
    }
}

extension NativeProcessor: ExpressibleByArgument {}

extension ObjectError {
    /// Bytes that are no object are unreadable input; an object that is not taken is refused.
    var failure: Failure {
        [.truncated, .malformed].contains(kind) ? .badUsage("\(self)") : .failed("\(self)")
    }
}
