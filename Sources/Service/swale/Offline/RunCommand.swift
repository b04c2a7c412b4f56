import ArgumentParser
import Capture
import Engine
import Foundation
import Maps
import Object

/// `swale run`: an object's program on a packet or a capture file. Conformance suites run this: it is kept stable.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a program of an object on packets.",
        discussion: "Exit status: 0 done, 1 the program was refused or faulted, 2 bad usage or unreadable input.")

    @Argument(help: "What clang -target bpf wrote; - is standard input.")
    var object: String

    @Option(help: "The function to run, where the object has several.")
    var function: String?

    @Option(help: "vale or xdp; by default what the section says, else vale or, where it is no vale program, xdp.")
    var type: String?

    @Option(help: ArgumentHelp("Bytes of one frame, from the Ethernet header on.", valueName: "hex"))
    var packet: String?

    @Option(help: ArgumentHelp("A pcap or pcapng file; its frames run one after another.", valueName: "file"))
    var pcap: String?

    @Option(help: ArgumentHelp("Port number that the frames come in at.", valueName: "number"))
    var port: UInt32 = 0

    @Option(name: .customLong("repeat"), help: "Runs a frame, for timing; a run sees what the one before left.")
    var repetitions = 1

    @Option(help: "What runs the program; jit on x86-64, where accesses are not checked.")
    var engine: EngineChoice?

    @Flag(help: "Check every access as it happens as well: for debugging.")
    var checkAccesses = false

    @Flag(help: "Print JSON rather than a table.")
    var json = false

    func validate() throws {
        guard engine != .jit || !checkAccesses else {
            throw ValidationError("--check-accesses is for --engine interpreter")
        }
        guard (packet == nil) != (pcap == nil) else { throw ValidationError("give --packet or --pcap, one of them") }
        guard (1...1_000_000_000).contains(repetitions) else { throw ValidationError("--repeat is 1 or more") }
        guard port <= 253 else { throw ValidationError("--port is 0 to 253") }
        guard type == nil || type == "vale" || type == "xdp" else { throw ValidationError("--type is vale or xdp") }
    }

    func run() throws {
        try engine?.requireAvailable()
        let frames = try readFrames()
        let bytes = try InputFile.read(object)
        let domain = WorkerDomain()
        let trace = TraceLog()
        let program: Program
        do throws(LoadError) {
            let verifier = try ObjectVerifier(elf: bytes)
            let type = programType(verifier)
            // Before there are maps: what is not offered is named by the verifier.
            let verification = verifier.verify(try verifier.file.program(function, type: type), as: type)
            if let rejection = verification.rejection { throw .rejected(rejection) }
            let object = try LoadedObject(
                verifier,
                options: LoadOptions(
                    program: .init(checksAccesses: checkAccesses, engine: engine?.engine ?? .standard)),
                domain: domain, trace: trace)
            program = try object.program(function: function, type: type)
        } catch {
            throw error.failure
        }
        let runner = PacketRunner(program: program, slot: domain.spareSlot, port: port)
        let outcomes = frames.map { runner.run($0, repetitions: repetitions) }
        trace.printLines()
        if json {
            let report = Report(
                function: program.name, type: program.type.rawValue, engine: program.engine.rawValue, results: outcomes)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(report), as: UTF8.self))
        } else {
            print(table(outcomes, type: program.type).text)
        }
        if outcomes.contains(where: { $0.fault != nil }) { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    private struct Report: Encodable {
        var function: String
        var type: String
        var engine: String
        var results: [PacketRunner.Outcome]
    }

    private func readFrames() throws(Failure) -> [[UInt8]] {
        if let pcap {
            do throws(CaptureError) {
                return try CaptureFile.frames(path: pcap)
            } catch {
                throw .badUsage("\(pcap): \(error)")
            }
        }
        guard let frame = Hex.bytes(packet ?? ""), !frame.isEmpty else { throw .badUsage("--packet is not hex") }
        return [frame]
    }

    /// What the option says, else what the section of the function says, else what the verifier accepts, else vale.
    private func programType(_ verifier: ObjectVerifier) -> ProgramType {
        if let type { return type == "xdp" ? .xdp : .vale }
        let candidates = verifier.file.programs.filter { function == nil || $0.name == function }
        if candidates.count == 1 { return candidates[0].type ?? verifier.verify(candidates[0]).type }
        return candidates.compactMap(\.type).first ?? .vale
    }

    private func table(_ outcomes: [PacketRunner.Outcome], type: ProgramType) -> Table {
        var table = Table(
            .init("frame", isNumber: true), .init("bytes", isNumber: true), .init("result", isNumber: true),
            .init("verdict"), .init("ns", isNumber: true))
        for (index, outcome) in outcomes.enumerated() {
            table.add(
                String(index + 1), String(outcome.length), String(outcome.value), outcome.verdict,
                String(format: "%.1f", outcome.nanoseconds))
        }
        return table
    }
}
