import Testing

@testable import Verifier

@Suite struct RejectionTests {
    @Test func categoriesAreNamedInKebabCase() {
        for category in Rejection.Category.allCases {
            #expect(category.rawValue.allSatisfy { $0.isLowercase || $0 == "-" })
        }
    }
}
