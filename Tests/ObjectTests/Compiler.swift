import Glibc
import Object
import Testing

/// Compiles C for BPF with the clang in PATH.
enum Compiler {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// The root of the package.
    static let root = #filePath.split(separator: "/").dropLast(3).reduce(into: "") { $0 += "/" + $1 }

    /// The object made of `Tests/Fixtures/NAME`, or of `examples/NAME` where `name` begins with `examples/`.
    static func object(_ name: String, _ options: [String] = ["-O2", "-g"]) throws -> [UInt8] {
        try compile(name.hasPrefix("examples/") ? "\(root)/\(name)" : "\(root)/Tests/Fixtures/\(name)", options)
    }

    /// The object made of source text.
    static func object(source: String, _ options: [String] = ["-O2", "-g"]) throws -> [UInt8] {
        let path = temporary(suffix: ".c")
        defer { unlink(path) }
        try write(path, [UInt8](source.utf8))
        return try compile(path, options)
    }

    private static func compile(_ path: String, _ options: [String]) throws -> [UInt8] {
        let output = temporary(suffix: ".o")
        let log = temporary(suffix: ".log")
        defer {
            unlink(output)
            unlink(log)
        }
        let target = options.contains("-target") ? [] : ["-target", "bpf"]
        let includes = ["-I", "\(root)/examples/include", "-I", "/usr/include/\(machine)-linux-gnu"]
        try run(["clang"] + target + includes + options + ["-c", path, "-o", output], log: log)
        return try read(output)
    }

    private static var machine: String {
        var names = utsname()
        uname(&names)
        return withUnsafeBytes(of: &names.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    private static func temporary(suffix: String) -> String {
        let path = "/tmp/swale-object-tests-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        return path + suffix
    }

    private static func run(_ arguments: [String], log: String) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 2, log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        var child: pid_t = 0
        let failure = posix_spawnp(&child, arguments[0], &actions, nil, pointers, environ)
        guard failure == 0 else { throw Failure(description: "\(arguments[0]): \(String(cString: strerror(failure)))") }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 && errno == EINTR {}
        guard status == 0 else {
            let messages = (try? read(log)) ?? []
            throw Failure(description: String(decoding: messages, as: UTF8.self))
        }
    }

    static func read(_ path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(description: "\(path): errno \(errno)") }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return bytes
    }

    private static func write(_ path: String, _ bytes: [UInt8]) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0, Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw Failure(description: "\(path): errno \(errno)")
        }
        close(descriptor)
    }
}
