import ArgumentParser
import Engine
import ISA
import Maps
import Object

/// `swale exec`: raw bytecode on standard input, r0 on standard output. Conformance suites run this: it is kept stable.
struct ExecCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        abstract: "Run raw bytecode, read as hex from standard input.",
        discussion: """
            r1 points to the memory and r2 is its length. Prints r0 as lower-case hex digits.
            Exit status: 0 done, 1 the program was refused or faulted, 2 bad usage or unreadable input.
            """)

    @Option(help: "What runs the program.")
    var engine = EngineChoice.interpreter

    @Option(help: ArgumentHelp("Bytes of the memory that r1 points to.", valueName: "hex"))
    var memory = ""

    @Flag(help: "Run the program without checking it first; what does not exist faults when it is reached.")
    var noVerify = false

    func run() throws {
        try engine.requireAvailable()
        guard var bytes = Hex.bytes(memory) else { throw Failure.badUsage("--memory is not hex") }
        guard let code = Hex.bytes(String(decoding: try InputFile.read("-"), as: UTF8.self)), !code.isEmpty else {
            throw Failure.badUsage("standard input is not bytecode in hex")
        }
        let instructions: [Instruction]
        do {
            instructions = try InstructionCodec.decode(code)
        } catch {
            throw Failure.badUsage("\(error)")
        }
        let domain = WorkerDomain()
        let trace = TraceLog()
        let program: Program
        do {
            program = try Program(
                ObjectProgram(name: "exec", instructions: instructions), type: .memory, domain: domain, trace: trace,
                validate: !noVerify)
        } catch {
            throw error.failure
        }
        let result = bytes.withUnsafeMutableBytes { program.executable.run(memory: $0, slot: domain.spareSlot) }
        trace.printLines()
        guard result.fault == .none else {
            throw Failure.failed(program.describe(result.fault, slot: domain.spareSlot))
        }
        print(String(result.value, radix: 16))
    }
}
