import ArgumentParser
import Glibc

/// The one executable: the service, its client, and the offline tools.
struct Swale: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "swale",
        abstract: "A software Ethernet switch programmed with eBPF.",
        discussion: "Exit status: 0 done, 1 refused or failed, 2 bad usage or unreadable input.",
        version: swaleVersion,
        subcommands: [ServeCommand.self],
        groupedSubcommands: [
            CommandGroup(
                name: "Client",
                subcommands: [
                    ProgramCommand.self, MapCommand.self, SwitchCommand.self, PortCommand.self, StatsCommand.self,
                    DropsCommand.self, CaptureCommand.self, EventsCommand.self, TraceCommand.self,
                    FIBCommand.self,
                ]),
            CommandGroup(
                name: "Offline",
                subcommands: [VerifyCommand.self, DisassembleCommand.self, RunCommand.self, ExecCommand.self]),
        ]
    )
}

let swaleVersion = "0.1.0"

@main
enum Main {
    static func main() {
        do {
            var command = try Swale.parseAsRoot()
            try command.run()
        } catch {
            exit(report(error))
        }
    }

    /// Prints what `error` says where it belongs, and gives the exit status.
    ///
    /// ArgumentParser's own statuses are those of <sysexits.h>; here bad usage is 2.
    private static func report(_ error: any Error) -> Int32 {
        if let failure = error as? Failure {
            printError("swale: \(failure.message)")
            return failure.status.rawValue
        }
        let status = Swale.exitCode(for: error)
        let message = Swale.fullMessage(for: error)
        if status.isSuccess {
            if !message.isEmpty { print(message) }
            return ExitStatus.done.rawValue
        }
        if !message.isEmpty { printError(message) }
        if error is ExitCode { return status.rawValue }
        return status == .validationFailure ? ExitStatus.badUsage.rawValue : ExitStatus.failed.rawValue
    }
}
