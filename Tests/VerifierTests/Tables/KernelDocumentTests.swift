import Foundation
import Testing

@Suite struct KernelDocumentTests {
    /// Writes the page where `SWALE_WRITE_DOCS` is set: `make docs`.
    @Test func isUpToDate() throws {
        let text = KernelDocument.text
        if ProcessInfo.processInfo.environment["SWALE_WRITE_DOCS"] != nil {
            try text.write(to: KernelDocument.file, atomically: true, encoding: .utf8)
        }
        let written = try String(contentsOf: KernelDocument.file, encoding: .utf8)
        #expect(written == text, "run `make docs`")
    }
}
