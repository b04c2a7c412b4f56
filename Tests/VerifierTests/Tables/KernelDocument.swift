import Foundation
import Verifier

/// docs/verifier-kernel.md: the programs of the tables on which Linux and Swale disagree, by the reason.
enum KernelDocument {
    static let file = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../docs/verifier-kernel.md")

    static var text: String {
        let tests = VerifierTable.all.flatMap(\.cases)
        let marked = tests.filter { $0.kernel != nil }
        let compared = tests.count { $0.type == .xdp }
        let byReason = Dictionary(grouping: marked) { $0.kernel! }
        // What concerns most comes first.
        let reasons = byReason.keys.sorted {
            (byReason[$1]!.count, $0.reason) < (byReason[$0]!.count, $1.reason)
        }
        let sections = [true, false].flatMap { accepts in
            reasons.filter { $0.accepts == accepts }.map { section($0, byReason[$0]!) }
        }
        return """
            # Where Linux's verifier says otherwise

            \(compared) XDP programs of [the tables](../Tests/Fixtures/verifier) are given to the kernel's verifier too, with bpf(2) as \
            root, whenever the tests run where that is allowed. It agrees on \(compared - marked.count). The other \
            \(marked.count) are listed here, by the reason. They were compared with Linux 6.18.

            This page is written by `make docs` from the `kernel:` marks of the tables. A test holds it up to date, and \
            another one fails for every mark that is missing or not needed.

            \(sections.joined(separator: "\n"))
            """
    }

    private static func section(_ mark: VerifierCase.KernelMark, _ tests: [VerifierCase]) -> String {
        let rows = tests.map { "| \($0.topic) | \($0.name.replacing("|", with: "\\|")) | \(verdict($0)) |" }
        return """
            ## Linux \(mark.accepts ? "accepts" : "refuses"), \(mark.reason)

            | topic | program | Swale |
            |---|---|---|
            \(rows.joined(separator: "\n"))

            """
    }

    private static func verdict(_ test: VerifierCase) -> String {
        switch test.expectation {
        case .accepted: "accepted"
        case .rejected(let category, _): category.rawValue
        }
    }
}
