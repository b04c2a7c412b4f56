import Foundation
import Object
import Testing
import Verifier

@testable import KernelRun

/// A program of Tests/Fixtures/xdp as it is for one processor and level of optimisation.
struct ProgramObject: Sendable, CustomTestStringConvertible {
    /// Name of the C file.
    var source: String
    /// `v1` to `v4`.
    var processor: String
    /// `O1` to `O3`.
    var level: String

    var testDescription: String { "\(source) -mcpu=\(processor) -\(level)" }

    /// As people compile XDP programs.
    var isUsual: Bool { processor == "v3" && level == "O2" }

    static let processors = ["v1", "v2", "v3", "v4"]
    static let levels = ["O1", "O2", "O3"]

    /// The root of the package, whatever links lead to this file.
    static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    static let sources: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/Tests/Fixtures/xdp")) ?? []
        return files.filter { $0.hasSuffix(".c") }.map { String($0.dropLast(2)) }.sorted()
    }()

    /// All variants of a source; `atomics` needs v3.
    static func variants(of source: String) -> [ProgramObject] {
        processors.flatMap { processor in
            levels.map { ProgramObject(source: source, processor: processor, level: $0) }
        }.filter { $0.source != "atomics" || $0.processor >= "v3" }
    }

    private var path: String { "build/xdp/\(source)-\(processor)-\(level).o" }

    /// The objects of a source, compiled where that is not yet done: `make programs` for one source.
    static func compile(_ source: String) throws -> [(variant: ProgramObject, file: ObjectFile)] {
        let variants = variants(of: source)
        let make = Process()
        make.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        make.arguments = ["make", "--no-print-directory", "--silent", "-C", root] + variants.map(\.path)
        var environment = ProcessInfo.processInfo.environment
        for name in ["MAKEFLAGS", "MAKELEVEL", "MFLAGS"] { environment[name] = nil }
        make.environment = environment
        let output = Pipe()
        make.standardOutput = output
        make.standardError = output
        try make.run()
        let log = output.fileHandleForReading.readDataToEndOfFile()
        make.waitUntilExit()
        guard make.terminationStatus == 0 else { throw Failure(description: String(decoding: log, as: UTF8.self)) }
        return try variants.map { ($0, try read("\(root)/\($0.path)")) }
    }

    static func read(_ path: String) throws -> ObjectFile {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw Failure(description: "\(path) can't be read")
        }
        return try ObjectFile(elf: [UInt8](bytes))
    }

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }
}

/// Tests/Fixtures/xdp/refused.txt: what is known to be refused, and by whom.
struct RefusedPrograms: Sendable {
    enum Verifier: String { case linux, swale }

    private struct Line {
        var processors: [Substring]
        var levels: [Substring]
        /// Who alone refuses it; nil: both.
        var only: Verifier?
    }

    private var lines: [String: Line] = [:]

    init() throws {
        let text = try String(contentsOfFile: "\(ProgramObject.root)/Tests/Fixtures/xdp/refused.txt", encoding: .utf8)
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let fields = line.split(separator: " ")
            let only = fields.dropFirst(3).first.flatMap { Verifier(rawValue: String($0)) }
            guard fields.count == (only == nil ? 3 : 4) else {
                throw ProgramObject.Failure(description: "refused.txt: \(line)")
            }
            lines[String(fields[0])] = Line(
                processors: fields[1].split(separator: ","), levels: fields[2].split(separator: ","),
                only: only)
        }
    }

    var programs: Set<String> { Set(lines.keys) }

    func contains(_ program: String, _ variant: ProgramObject, by verifier: Verifier) -> Bool {
        guard let line = lines[program], line.only == nil || line.only == verifier else { return false }
        func holds(_ list: [Substring], _ item: String) -> Bool { list == ["*"] || list.contains(Substring(item)) }
        return holds(line.processors, variant.processor) && holds(line.levels, variant.level)
    }
}

extension KernelVerifier {
    /// The verdict on a program of an object: its section says where it is to be attached.
    static func verify(_ program: ObjectProgram, maps: KernelMaps) throws(KernelError) -> Verdict {
        let attachment: Attachment =
            switch program.attachPoint.point {
            case .interface: .interface
            case .devmap: .devmap
            case .cpumap: .cpumap
            }
        return try verify(
            program, maps: maps, attachment: attachment, hasFragments: program.attachPoint.takesFragments)
    }
}
