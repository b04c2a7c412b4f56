import Foundation

/// harness.c, compiled for arm64 and run by qemu-aarch64.
enum ARM64Harness {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    static let compiler = "/usr/bin/aarch64-linux-gnu-gcc"
    static let disassembler = "/usr/bin/aarch64-linux-gnu-objdump"
    static let emulator = "/usr/bin/qemu-aarch64"

    static var isInstalled: Bool {
        [compiler, disassembler, emulator].allSatisfy(FileManager.default.isExecutableFile)
    }

    private static let path = temporary("harness")

    /// Compiled once for all tests of the process.
    private static let program = Result { () throws -> String in
        let source = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Fixtures/arm64/harness.c").path
        let program = path
        atexit { unlink(ARM64Harness.path) }
        try run(compiler, ["-O2", "-Wall", "-Wextra", "-Werror", "-static", "-o", program, source])
        return program
    }

    static func temporary(_ name: String) -> String {
        FileManager.default.temporaryDirectory.appending(path: "swale-arm64-\(UUID().uuidString)-\(name)").path
    }

    /// What the cases leave.
    static func outcomes(_ cases: [UInt8]) throws -> [UInt8] {
        let program = try program.get()
        let input = temporary("cases")
        let output = temporary("outcomes")
        defer { for path in [input, output] { try? FileManager.default.removeItem(atPath: path) } }
        try Data(cases).write(to: URL(filePath: input))
        try run(emulator, [program, input, output])
        return [UInt8](try Data(contentsOf: URL(filePath: output)))
    }

    /// What a command prints.
    @discardableResult
    static func run(_ command: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: command)
        process.arguments = arguments
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        // Errors are few: they do not fill the pipe while the output is read.
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        let complaint = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(command): status \(process.terminationStatus): \(complaint)")
        }
        return text
    }
}
