import Foundation

/// A program that has run to its end.
public struct Command: Sendable {
    public let status: Int32
    public let output: String
    public let errors: String

    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// Runs the program, found by PATH, and waits for it.
    public static func run(_ arguments: [String]) throws -> Command {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        let output = Pipe()
        let errors = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        // Read both at once: a full pipe would stop the program.
        nonisolated(unsafe) var errorBytes = Data()
        let errorsRead = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            errorBytes = errors.fileHandleForReading.readDataToEndOfFile()
            errorsRead.signal()
        }
        let outputBytes = output.fileHandleForReading.readDataToEndOfFile()
        errorsRead.wait()
        process.waitUntilExit()
        return Command(
            status: process.terminationStatus, output: String(decoding: outputBytes, as: UTF8.self),
            errors: String(decoding: errorBytes, as: UTF8.self))
    }

    /// Runs the program and throws what it said when its status is not 0.
    @discardableResult
    public static func check(_ arguments: [String]) throws -> String {
        let command = try run(arguments)
        guard command.status == 0 else {
            throw Failure(
                description: "\(arguments.joined(separator: " ")): status \(command.status): "
                    + "\(command.errors)\(command.output)")
        }
        return command.output
    }
}
