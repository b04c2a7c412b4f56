import Foundation

/// Objects of the programs in examples/, compiled by the clang in PATH.
enum ExampleObject {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    static func compile(_ name: String, _ options: [String] = ["-O2"]) throws -> [UInt8] {
        try compile(path: "\(root)/examples/\(name).c", options)
    }

    static func compile(source: String, _ options: [String] = ["-O2"]) throws -> [UInt8] {
        let path = NSTemporaryDirectory() + "swale-source-\(UUID().uuidString).c"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try source.write(toFile: path, atomically: true, encoding: .utf8)
        return try compile(path: path, options)
    }

    private static func compile(path: String, _ options: [String]) throws -> [UInt8] {
        let output = NSTemporaryDirectory() + "swale-example-\(UUID().uuidString).o"
        defer { try? FileManager.default.removeItem(atPath: output) }
        var names = utsname()
        uname(&names)
        let machine = withUnsafeBytes(of: &names.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let clang = Process()
        clang.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        clang.arguments =
            ["clang", "-target", "bpf", "-g"] + options + [
                "-I\(root)/examples/include", "-idirafter", "/usr/include/\(machine)-linux-gnu", "-c",
                path, "-o", output,
            ]
        let errors = Pipe()
        clang.standardError = errors
        try clang.run()
        let log = errors.fileHandleForReading.readDataToEndOfFile()
        clang.waitUntilExit()
        guard clang.terminationStatus == 0, let data = FileManager.default.contents(atPath: output) else {
            throw Failure(description: String(decoding: log, as: UTF8.self))
        }
        return [UInt8](data)
    }
}
