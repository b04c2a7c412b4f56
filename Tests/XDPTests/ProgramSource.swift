import Foundation
import Object

/// The C files of Tests/Fixtures/xdp/programs and what becomes of them.
enum ProgramSource {
    /// The root of the package, whatever links lead to this file.
    private static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path
    private static let folder = "Tests/Fixtures/xdp/programs"

    /// Folder and name of each: `filter/prefixes`.
    static let all: [String] = {
        let files = FileManager.default.subpaths(atPath: "\(root)/\(folder)") ?? []
        return files.filter { $0.hasSuffix(".c") }.map { String($0.dropLast(2)) }.sorted()
    }()

    /// Compiles them where that is not yet done, all at once; nil, or what went wrong.
    private static let failure: String? = {
        let make = Process()
        make.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        make.arguments = [
            "make", "--no-print-directory", "--silent", "--keep-going", "-j\(ProcessInfo.processInfo.processorCount)",
            "-C", root, "compared",
        ]
        var environment = ProcessInfo.processInfo.environment
        for name in ["MAKEFLAGS", "MAKELEVEL", "MFLAGS"] { environment[name] = nil }
        make.environment = environment
        let output = Pipe()
        make.standardOutput = output
        make.standardError = output
        do { try make.run() } catch { return "\(error)" }
        let log = output.fileHandleForReading.readDataToEndOfFile()
        make.waitUntilExit()
        return make.terminationStatus == 0 ? nil : String(decoding: log, as: UTF8.self)
    }()

    static func object(_ source: String) throws -> [UInt8] {
        if let failure { throw HostError(failure) }
        guard let bytes = FileManager.default.contents(atPath: "\(root)/build/compared/\(source).o") else {
            throw HostError("no object of \(source)")
        }
        return [UInt8](bytes)
    }

    static func text(_ source: String) throws -> String {
        try String(contentsOfFile: "\(root)/\(folder)/\(source).c", encoding: .utf8)
    }

    /// The verdicts that a source names.
    static func verdicts(_ source: String) throws -> Set<XDPVerdict> {
        let text = try text(source)
        var verdicts: Set<XDPVerdict> = []
        for number in 0...4 {
            let verdict = XDPVerdict(UInt32(number))
            if text.contains(verdict.description) { verdicts.insert(verdict) }
        }
        if text.contains("bpf_redirect") { verdicts.insert(.redirect) }
        return verdicts
    }
}
