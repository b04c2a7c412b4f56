import Foundation
import Testing

@testable import Verifier

/// Holds the verifier to the tables of Tests/Fixtures/verifier.
@Suite struct VerifierTableTests {
    @Test(arguments: VerifierTable.files) func canBeRead(topic: String) throws {
        #expect(try !VerifierTable(topic: topic).cases.isEmpty)
    }

    @Test(arguments: VerifierTable.all) func verdicts(table: VerifierTable) {
        for test in table.cases { check(test) }
    }

    private func check(_ test: VerifierCase) {
        let verdict = Verifier.verify(test.program, type: test.type, maps: test.maps, options: test.options)
        switch (test.expectation, verdict.rejection) {
        case (.accepted, nil): break
        case (.accepted, let rejection?):
            Issue.record("\(test.testDescription): rejected, \(describe(rejection))")
        case (.rejected(let category, _), nil):
            Issue.record("\(test.testDescription): accepted, not \(category.rawValue)")
        case (.rejected(let category, let slots), let rejection?):
            let isPlaced = slots.isEmpty || rejection.instruction.map(slots.contains) ?? false
            if rejection.category != category || !isPlaced {
                Issue.record(
                    "\(test.testDescription): not \(category.rawValue) at \(slots), \(describe(rejection))")
            }
        }
    }

    private func describe(_ rejection: Rejection) -> String {
        "\(rejection.category.rawValue) at \(rejection.instruction.map(String.init) ?? "no"): \(rejection.reason)"
    }

    @Test func thereAreEnough() {
        let tests = VerifierTable.all.flatMap(\.cases)
        #expect(Set(tests.map { "\($0.topic):\($0.line)" }).count >= 400)
        #expect(tests.filter(\.isAccepted).count >= 100)
    }

    @Test func everyCategoryHasACase() {
        let met = VerifierTable.all.flatMap(\.cases).compactMap { test in
            if case .rejected(let category, _) = test.expectation { category } else { nil }
        }
        // Time is no property of a program.
        #expect(Set(Rejection.Category.allCases).subtracting(met) == [.timeLimit])
    }
}
