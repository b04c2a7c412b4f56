import Foundation
import ISA
import Object
import Testing
import Verifier

/// A file of Tests/Fixtures/verifier: cases of one topic. README.md there describes the format.
struct VerifierTable: CustomTestStringConvertible, Sendable {
    let topic: String
    let cases: [VerifierCase]
    var testDescription: String { "\(topic) (\(cases.count))" }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fixtures/verifier")

    /// All tables by topic; those that cannot be read are reported by `VerifierTableTests`.
    static let all: [VerifierTable] = files.compactMap { try? VerifierTable(topic: $0) }

    /// Topics for which there is a file.
    static let files: [String] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".txt") && $0 != "macros.txt" }.map { String($0.dropLast(4)) }.sorted()
    }()

    init(topic: String) throws {
        self.topic = topic
        var reader = VerifierTableReader(topic: topic)
        try reader.read(try String(contentsOf: Self.folder.appending(path: "macros.txt"), encoding: .utf8))
        try reader.read(try String(contentsOf: Self.folder.appending(path: "\(topic).txt"), encoding: .utf8))
        cases = reader.cases
    }
}

/// What is wrong with a table.
struct VerifierTableError: Error, CustomStringConvertible {
    let topic: String
    let line: Int
    let problem: String
    var description: String { "\(topic).txt:\(line): \(problem)" }
}
