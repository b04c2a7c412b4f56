import Foundation
import Fuzz
import Testing

@testable import Verifier

/// Plants known bugs in the verifier, one at a time: the tables or the fuzzer find each.
@Suite struct PlantedFlawTests {
    @Test func discover() {
        for flaw in PlantedFlaw.allCases {
            let start = Date()
            let found = PlantedFlaw.$current.withValue(flaw) {
                VerifierTable.all.compactMap { table in
                    let wrong = table.cases.count { !isRight($0) }
                    return wrong > 0 ? "\(table.topic) \(wrong)" : nil
                }
            }
            print("FLAW", flaw, found.joined(separator: ", "), -start.timeIntervalSinceNow)
        }
    }

    private func isRight(_ test: VerifierCase) -> Bool {
        let verdict = Verifier.verify(test.program, type: test.type, maps: test.maps, options: test.options)
        switch test.expectation {
        case .accepted: return verdict.isAccepted
        case .rejected(let category, _): return verdict.rejection?.category == category
        }
    }
}
