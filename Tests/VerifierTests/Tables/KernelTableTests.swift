import Foundation
import Testing

@testable import KernelRun
@testable import Verifier

/// Asks Linux for its verdict on the tables' programs: a case that it disagrees with is wrong or says why.
@Suite(.enabled(if: KernelVerifier.isAvailable, "loading programs needs root")) struct KernelTableTests {
    @Test(arguments: VerifierTable.all) func verdicts(table: VerifierTable) throws {
        let report = ProcessInfo.processInfo.environment["SWALE_KERNEL_REPORT"] != nil
        for test in table.cases where test.type == .xdp {
            let verdict: KernelVerifier.Verdict
            do {
                verdict = try KernelVerifier.verify(test.program, maps: test.maps, attachment: test.attachment)
            } catch {
                Issue.record("\(test.testDescription): \(error)")
                continue
            }
            let expected = test.kernel?.accepts ?? test.isAccepted
            if report { print("KERNEL", test.testDescription, test.expectation, verdict, try place(test)) }
            if verdict.isAccepted != expected { Issue.record("\(test.testDescription): \(verdict)") }
            if test.kernel?.accepts == test.isAccepted { Issue.record("\(test.testDescription): a mark without need") }
        }
    }

    private func place(_ test: VerifierCase) throws -> String {
        guard case .rejected(_, let slots) = test.expectation else { return "" }
        let log = try KernelVerifier.log(test.program, maps: test.maps, attachment: test.attachment)
        let last = log.split(separator: "\n").last { $0.firstMatch(of: /^\d+: \(/) != nil }
        guard let slot = last.flatMap({ Int($0.prefix { $0 != ":" }) }) else { return "NOWHERE" }
        return slots.contains(slot) ? "" : "ELSEWHERE \(slot) not \(slots)"
    }
}
