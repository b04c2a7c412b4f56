import ArgumentParser
import Engine
import Maps
import Object
import Verifier

/// `swale exec`: raw bytecode on standard input, r0 on standard output. Conformance suites run this: it is kept stable.
struct ExecCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        abstract: "Run raw bytecode, read as hex from standard input.",
        discussion: """
            r1 points to the memory and r2 is its length. Prints r0 as lower-case hex digits.
            With --engine jit the program is verified first, unless --no-verify is given: then it runs as native code
            without any check, and can do whatever this process can.
            Exit status: 0 done, 1 the program was refused or faulted, 2 bad usage or unreadable input.
            """)

    @Option(help: "What runs the program.")
    var engine = EngineChoice.interpreter

    @Option(help: ArgumentHelp("Bytes of the memory that r1 points to.", valueName: "hex"))
    var memory = ""

    @Flag(help: "Run the program without checking it first; what does not exist faults when it is reached.")
    var noVerify = false

    @Flag(help: "Verify the program first, for memory of that length; a rejected one does not run.")
    var verify = false

    @Flag(help: "With --verify: check every access as it happens as well, for debugging.")
    var checkAccesses = false

    func validate() throws {
        guard !verify || !noVerify else { throw ValidationError("--verify and --no-verify exclude each other") }
        guard engine == .interpreter || !checkAccesses else {
            throw ValidationError("--check-accesses is for the interpreter")
        }
    }

    func run() throws {
        try engine.requireAvailable()
        guard var bytes = Hex.bytes(memory) else { throw Failure.badUsage("--memory is not hex") }
        let code = ObjectProgram(name: "exec", instructions: try Bytecode.read())
        let domain = WorkerDomain()
        let trace = TraceLog()
        let program: Program
        do throws(LoadError) {
            program = try load(code, domain, trace, memoryBytes: bytes.count)
        } catch {
            throw error.failure
        }
        if engine == .jit && noVerify { FaultSignals.exitOnFault() }
        let result = bytes.withUnsafeMutableBytes { program.executable.run(memory: $0, slot: domain.spareSlot) }
        trace.printLines()
        guard result.fault == .none else {
            throw Failure.failed(program.describe(result.fault, slot: domain.spareSlot))
        }
        print(String(result.value, radix: 16))
    }

    private func load(
        _ code: ObjectProgram, _ domain: WorkerDomain, _ trace: TraceLog, memoryBytes: Int
    ) throws(LoadError) -> Program {
        guard verify || engine == .jit && !noVerify else {
            var options = Program.Options(engine: engine.engine)
            options.allowsUnverifiedNative = true
            return try Program(
                code, type: .memory, domain: domain, trace: trace, options: options, validate: !noVerify)
        }
        var options = Verifier.Options.engine
        options.memoryBytes = memoryBytes
        return try Program(
            verifying: code, type: .memory, domain: domain, trace: trace,
            options: .init(checksAccesses: checkAccesses, engine: engine.engine), verifier: options)
    }
}
