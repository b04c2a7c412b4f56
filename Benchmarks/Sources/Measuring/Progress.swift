import Glibc

/// What is going on, on the standard error.
public enum Progress {
    public static func say(_ text: String) {
        let line = text + "\n"
        _ = write(STDERR_FILENO, line, line.utf8.count)
    }
}

/// Why a benchmark can't go on.
public struct Failure: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }

    /// Runs a benchmark; a failure ends the process with status 1 and a line that says why.
    public static func report(_ name: String, _ body: () throws -> Void) {
        do {
            try body()
        } catch {
            Progress.say("\(name): \(error)")
            exit(1)
        }
    }
}
