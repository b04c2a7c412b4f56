import Foundation

/// Objects compiled by the clang in PATH.
enum Fixture {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// `Tests/Fixtures/types.c`
    static let types = Result { try compile("\(root)/Tests/Fixtures/types.c") }
    /// `examples/learning_bridge.c`
    static let learningBridge = Result { try compile("\(root)/examples/learning_bridge.c") }
    /// `examples/pkt_count.c`
    static let packetCount = Result { try compile("\(root)/examples/pkt_count.c") }
    /// `examples/xdp_filter.c`
    static let xdpFilter = Result { try compile("\(root)/examples/xdp_filter.c") }

    static func object(source: String) throws -> [UInt8] {
        let path = NSTemporaryDirectory() + "swale-api-\(UUID().uuidString).c"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try source.write(toFile: path, atomically: true, encoding: .utf8)
        return try compile(path)
    }

    private static func compile(_ source: String) throws -> [UInt8] {
        let output = NSTemporaryDirectory() + "swale-api-\(UUID().uuidString).o"
        defer { try? FileManager.default.removeItem(atPath: output) }
        var names = utsname()
        uname(&names)
        let machine = withUnsafeBytes(of: &names.machine) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        let clang = Process()
        clang.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        clang.arguments = [
            "clang", "-target", "bpf", "-O2", "-g", "-I\(root)/examples/include", "-idirafter",
            "/usr/include/\(machine)-linux-gnu", "-c", source, "-o", output,
        ]
        let errors = Pipe()
        clang.standardError = errors
        try clang.run()
        let log = errors.fileHandleForReading.readDataToEndOfFile()
        clang.waitUntilExit()
        guard clang.terminationStatus == 0, let data = FileManager.default.contents(atPath: output) else {
            throw Failure(description: String(decoding: log, as: UTF8.self))
        }
        return Array(data)
    }
}
