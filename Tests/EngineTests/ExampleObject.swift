import Foundation

/// Objects of the programs in examples/, compiled by the clang in PATH.
enum ExampleObject {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    static func compile(_ name: String, _ options: [String] = ["-O2"]) throws -> [UInt8] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
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
                "\(root)/examples/\(name).c", "-o", output,
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
