import ArgumentParser
import Engine
import Foundation
import Object
import Verifier

/// `swale verify`: whether programs are harmless, and where they are not.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Tell whether programs may run, and why not.",
        discussion: """
            A function is verified as the type that its section says, else as --type, else as vale and, where it is \
            refused as that, as xdp.

            Exit status: 0 all accepted, 1 one is rejected, 2 bad usage, or input that can't be loaded.
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

    @Argument(help: "What clang -target bpf wrote; - is standard input.")
    var object: String?

    @Option(help: "One entry function rather than all of them.")
    var function: String?

    @Option(help: "vale, xdp or memory, where no section says it.")
    var type: ProgramType?

    @Option(help: "How the verdicts are printed.")
    var format = Format.text

    @Flag(help: "Print every instruction that was explored, too.")
    var log = false

    @Flag(help: "Take every helper and map type that is known for one that is offered.")
    var assumeOffered = false

    @Flag(help: "Read bytecode, as hex, from standard input.")
    var bytecode = false

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "With --bytecode: a map, which lddw with source 1 and its number loads; they count from 0 as given.",
            valueName: "type:key:value:entries[:flags]"))
    var map: [MapArgument] = []

    func validate() throws {
        guard bytecode != (object != nil) else { throw ValidationError("give an object or --bytecode, one of them") }
        guard !bytecode || type != nil else { throw ValidationError("--bytecode needs --type") }
        guard !bytecode || function == nil else { throw ValidationError("--function goes with an object") }
        guard bytecode || map.isEmpty else { throw ValidationError("--map goes with --bytecode") }
    }

    func run() throws {
        var options = Verifier.Options.engine
        options.assumeOffered = assumeOffered
        options.keepsLog = log
        let report = try bytecode ? verifyBytecode(options) : verifyObject(options)
        print(format == .json ? try report.json : report.text)
        if !report.isAccepted { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    private func verifyBytecode(_ options: Verifier.Options) throws(Failure) -> VerifyReport {
        let code = ObjectProgram(name: "bytecode", instructions: try Bytecode.read())
        let maps = map.enumerated().map { MapDescription(name: "map\($0)", attributes: $1.attributes) }
        let type = type ?? .xdp
        let verdict = Verifier.verify(code, type: type, maps: maps, options: options)
        return VerifyReport(Verification(function: code.name, type: type, verdict: verdict))
    }

    private func verifyObject(_ options: Verifier.Options) throws(Failure) -> VerifyReport {
        let bytes = try InputFile.read(object ?? "-")
        let verifier: ObjectVerifier
        do {
            verifier = try ObjectVerifier(elf: bytes, options: LoadOptions(verifier: options))
        } catch {
            throw .badUsage("\(error)")
        }
        guard !verifier.file.programs.isEmpty else { throw .badUsage("the object has no program") }
        guard let function else {
            return VerifyReport(verifier.verifyAll(undeclared: type), of: verifier.file, path: object ?? "-")
        }
        guard let code = verifier.file.programs.first(where: { $0.name == function }) else {
            throw .badUsage("\(LoadError.noSuchFunction(function, available: verifier.file.programs.map(\.name)))")
        }
        if let declared = code.type, let type, type != declared {
            throw .badUsage("\(LoadError.wrongType(function: function, is: declared, wanted: type))")
        }
        return VerifyReport((code.type ?? type).map { verifier.verify(code, as: $0) } ?? verifier.verify(code))
    }
}

extension ProgramType: ExpressibleByArgument {}
