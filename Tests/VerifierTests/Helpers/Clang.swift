import Foundation

/// Compiles C for BPF with the clang in PATH.
enum Clang {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// The object made of source text.
    static func object(source: String, _ options: [String] = ["-O2", "-g"]) throws -> [UInt8] {
        let base = NSTemporaryDirectory() + "swale-verifier-\(UUID().uuidString)"
        defer { for suffix in [".c", ".o"] { try? FileManager.default.removeItem(atPath: base + suffix) } }
        try Data(source.utf8).write(to: URL(fileURLWithPath: base + ".c"))
        var names = utsname()
        uname(&names)
        let machine = withUnsafeBytes(of: &names.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let clang = Process()
        clang.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        clang.arguments =
            ["clang", "-target", "bpf"] + options + [
                "-idirafter", "/usr/include/\(machine)-linux-gnu", "-c", base + ".c", "-o", base + ".o",
            ]
        let errors = Pipe()
        clang.standardError = errors
        try clang.run()
        let log = errors.fileHandleForReading.readDataToEndOfFile()
        clang.waitUntilExit()
        guard clang.terminationStatus == 0, let data = FileManager.default.contents(atPath: base + ".o") else {
            throw Failure(description: String(decoding: log, as: UTF8.self))
        }
        return [UInt8](data)
    }
}
