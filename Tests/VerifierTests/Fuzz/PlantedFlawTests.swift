import Testing

@testable import Verifier

/// Plants known bugs of verifiers in this one, one at a time: the tables find each.
@Suite struct PlantedFlawTests {
    @Test(arguments: PlantedFlaw.allCases) func tablesFind(flaw: PlantedFlaw) {
        let cases = VerifierTable.all.lazy.flatMap(\.cases)
        let found = PlantedFlaw.$current.withValue(flaw) { cases.contains { !isRight($0) } }
        #expect(found)
    }

    @Test func tablesFindNothingWithoutOne() {
        #expect(VerifierTable.all.allSatisfy { $0.cases.allSatisfy(isRight) })
    }

    private func isRight(_ test: VerifierCase) -> Bool {
        let verdict = Verifier.verify(test.program, type: test.type, maps: test.maps, options: test.options)
        switch test.expectation {
        case .accepted: return verdict.isAccepted
        case .rejected(let category, _): return verdict.rejection?.category == category
        }
    }
}
