import ISA
import Object
import Testing
import Verifier

@testable import KernelRun

/// A program of Tests/Fixtures/verifier with the verdict that is right for it.
struct VerifierCase: CustomTestStringConvertible, Sendable {
    enum Expectation: Hashable, Sendable {
        case accepted
        /// With the slots of the instructions that may be named; none where the flaw is of the whole program.
        case rejected(Rejection.Category, slots: [Int])
    }

    /// What Linux says, where it differs.
    struct KernelMark: Hashable, Sendable {
        var accepts: Bool
        var reason: String
    }

    var name: String
    /// Name of the file, without its suffix.
    var topic: String
    /// Line of the header in the file, from 1.
    var line: Int
    var expectation = Expectation.accepted
    var type = ProgramType.xdp
    var maps: [MapDescription] = []
    var attachment = KernelVerifier.Attachment.interface
    var options = Self.defaultOptions
    var kernel: KernelMark?
    var program = ObjectProgram(name: "main", instructions: [])

    /// Every helper and map type is treated as offered, but where a case says what is.
    private static let defaultOptions: Verifier.Options = {
        var options = Verifier.Options()
        options.assumeOffered = true
        // A debug build is slow, and time is no property of a program.
        options.limits.cpuMilliseconds = 60_000
        return options
    }()

    /// The same for Swale.
    var point: XDPAttachPoint.Point {
        switch attachment {
        case .interface: .interface
        case .devmap: .devmap
        case .cpumap: .cpumap
        }
    }

    var isAccepted: Bool { expectation == .accepted }

    var testDescription: String { "\(topic):\(line) \(name)" }
}
