import Engine
import Foundation
import Object
import Verifier

/// What `swale verify` prints.
struct VerifyReport {
    private let verifications: [Verification]
    /// The object and why it is refused, where the report is about all of it.
    private let object: (path: String, rejection: Rejection?, skipped: [ObjectFile.SkippedFunction])?

    init(_ verification: Verification) {
        verifications = [verification]
        object = nil
    }

    init(_ verdict: ObjectVerdict, of file: ObjectFile, path: String) {
        verifications = verdict.verifications
        object = (path, verdict.rejection, file.skipped)
    }

    var isAccepted: Bool { verifications.allSatisfy(\.isAccepted) && object?.rejection == nil }

    // MARK: Text

    /// The log, a line for each program, then what is wrong with those that are refused.
    var text: String {
        var table = Table(
            .init("program"), .init("type"), .init("verdict"), .init("explored", isNumber: true),
            .init("ms", isNumber: true))
        for verification in verifications {
            let statistics = verification.verdict.statistics
            table.add(
                RejectionText.printable(verification.function), verification.type.rawValue, verdict(verification),
                String(statistics.instructionsExplored),
                String(format: "%.1f", Double(statistics.cpuMicroseconds) / 1000))
        }
        for function in object?.skipped ?? [] {
            let section = RejectionText.printable(function.section)
            table.add(RejectionText.printable(function.name), section, "skipped: not for a switch", "", "")
        }
        var parts = verifications.compactMap(\.verdict.log).map { RejectionText.printable($0, ofLines: true) }
        parts.append(table.text)
        var rejections = verifications.compactMap(\.rejection)
        // What the object lacks beyond what its functions say.
        if let whole = object?.rejection, !rejections.contains(whole) { rejections.append(whole) }
        parts += rejections.map { RejectionText($0).text }
        return parts.joined(separator: "\n\n")
    }

    private func verdict(_ verification: Verification) -> String {
        verification.rejection.map { "rejected: \($0.category.rawValue)" } ?? "accepted"
    }

    // MARK: JSON

    private struct ObjectDocument: Encodable {
        var object: String
        var accepted: Bool
        var rejection: Rejection?
        var programs: [Verification]
        var skipped: [Skipped]

        struct Skipped: Encodable {
            var name: String
            var section: String
        }
    }

    /// A verdict for one program, an object with an array of them for all programs of an object.
    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            guard let object else { return String(decoding: try encoder.encode(verifications[0]), as: UTF8.self) }
            let document = ObjectDocument(
                object: object.path, accepted: isAccepted, rejection: object.rejection, programs: verifications,
                skipped: object.skipped.map { ObjectDocument.Skipped(name: $0.name, section: $0.section) })
            return String(decoding: try encoder.encode(document), as: UTF8.self)
        }
    }
}
