import Foundation
import Testing

/// Exit statuses and output of the offline commands, by which conformance suites run them.
@Suite struct CommandTests {
    struct Outcome {
        var status: Int32
        var output: String
        var errors: String
    }

    /// Runs the `swale` that was built with the tests.
    static func swale(_ arguments: [String], input: String = "") throws -> Outcome {
        let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let process = Process()
        process.executableURL = tests.deletingLastPathComponent().appendingPathComponent("swale")
        process.arguments = arguments
        let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = stderr
        // A command that refuses its arguments reads no input.
        signal(SIGPIPE, SIG_IGN)
        try process.run()
        try? stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try stdin.fileHandleForWriting.close()
        let output = try stdout.fileHandleForReading.readToEnd() ?? Data()
        let errors = try stderr.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: String(decoding: output, as: UTF8.self),
            errors: String(decoding: errors, as: UTF8.self))
    }

    struct Execution: Sendable, CustomTestStringConvertible {
        var name: String
        var code: String
        var arguments: [String] = []
        var output: String
        var testDescription: String { name }
    }

    static let executions = [
        Execution(name: "r0 = 42", code: "b7000000 2a000000 9500000000000000", output: "2a\n"),
        Execution(
            name: "bytes apart, prefix, lines", code: "0xb7 00 00 00 ff ff ff ff\n95 00 00 00 00 00 00 00\n",
            output: "ffffffffffffffff\n"),
        Execution(
            name: "r0 = memory[1]", code: "7110010000000000 9500000000000000",
            arguments: ["--memory", "0102 03"], output: "2\n"),
        Execution(
            name: "r0 = r2", code: "bf20000000000000 9500000000000000", arguments: ["--memory", "aabbcc"], output: "3\n"
        ),
        Execution(name: "no memory", code: "bf20000000000000 9500000000000000", output: "0\n"),
        Execution(
            name: "natively", code: "b7000000 2a000000 9500000000000000", arguments: ["--engine", "jit"], output: "2a\n"
        ),
        Execution(
            name: "natively, memory", code: "7110010000000000 9500000000000000",
            arguments: ["--engine", "jit", "--verify", "--memory", "0102 03"], output: "2\n"),
        Execution(
            name: "natively, unchecked: r0 = r3", code: "bf30000000000000 9500000000000000",
            arguments: ["--engine", "jit", "--no-verify"], output: "0\n"),
        Execution(
            name: "unchecked, what does not exist is not reached",
            code: "b700000007000000 9500000000000000 ff00000000000000",
            arguments: ["--no-verify"], output: "7\n"),
    ]

    @Test(arguments: executions)
    func exec(execution: Execution) throws {
        let outcome = try Self.swale(["exec"] + execution.arguments, input: execution.code)
        #expect(outcome.output == execution.output)
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test(
        arguments: [
            // Beyond the memory; an opcode that does not exist; no exit.
            ("7110040000000000 9500000000000000", ["--memory", "00"], 1),
            ("ff00000000000000 9500000000000000", [], 1),
            ("b700000000000000", [], 1),
            ("b70000000000000", [], 2),
            ("b7000000000000", [], 2),
            ("", [], 2),
            ("xyz", [], 2),
            ("b700000000000000 9500000000000000", ["--memory", "0"], 2),
            // Not verified, and not to be run natively: r0 = r3.
            ("bf30000000000000 9500000000000000", ["--engine", "jit"], 1),
            // Natively, and nobody has checked it: the process faults.
            ("b700000000000000 7900000000000000 9500000000000000", ["--engine", "jit", "--no-verify"], 1),
            ("b700000000000000 9500000000000000", ["--engine", "jit", "--verify", "--check-accesses"], 2),
            ("b700000000000000 9500000000000000", ["--engine", "none"], 2),
            ("b700000000000000 9500000000000000", ["--bogus"], 2),
        ] as [(String, [String], Int32)])
    func execFails(code: String, arguments: [String], status: Int32) throws {
        let outcome = try Self.swale(["exec"] + arguments, input: code)
        #expect(outcome.status == status)
        #expect(outcome.output.isEmpty)
        #expect(!outcome.errors.isEmpty)
    }

    @Test(
        arguments: [
            (["run", "/nothing/there", "--packet", "00"], 2),
            (["run", "/proc/self/status", "--packet", "00"], 2),
            (["run", "/proc/self/status"], 2),
            (["run", "/proc/self/status", "--packet", "00", "--pcap", "x"], 2),
            (["disassemble", "/nothing/there"], 2),
            (["disassemble", "/proc/self/status"], 2),
            (["disassemble", "--arch", "arm64", "/proc/self/status"], 2),
            (["disassemble", "--jit", "--arch", "sparc", "/proc/self/status"], 2),
            (["nothing"], 2),
            (["serve", "--listen", "0.0.0.0:0"], 2),
            (["serve", "--web-root", "/nothing/there"], 2),
            (["serve", "--cpu", "1023"], 2),
            (["serve", "--listen", "8080"], 2),
            (["serve", "--tls-cert", "x"], 2),
            (["stats", "--url", "gopher://x"], 2),
            (["stats", "--url", "unix:/nothing/there"], 1),
            (["--help"], 0),
            (["exec", "--help"], 0),
            (["--version"], 0),
        ] as [([String], Int32)])
    func statuses(arguments: [String], status: Int32) throws {
        #expect(try Self.swale(arguments).status == status)
    }
}
