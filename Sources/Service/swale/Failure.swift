import Glibc

/// What a shell sees of a command. Conformance suites read these: they are kept stable.
enum ExitStatus: Int32 {
    case done = 0
    /// The program was refused or faulted, or the service said no.
    case failed = 1
    /// Bad usage, or input that can't be read.
    case badUsage = 2
}

/// Why a command ends early, as its user reads it.
struct Failure: Error {
    var status: ExitStatus
    var message: String

    static func failed(_ message: String) -> Failure { Failure(status: .failed, message: message) }
    static func badUsage(_ message: String) -> Failure { Failure(status: .badUsage, message: message) }

    /// `what: ` and what errno says now.
    static func system(_ what: String, _ status: ExitStatus = .badUsage) -> Failure {
        Failure(status: status, message: "\(what): \(String(cString: strerror(errno)))")
    }
}

/// One line on standard error.
func printError(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
}
