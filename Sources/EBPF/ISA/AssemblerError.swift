/// Why a source text is not a program, and on which line.
public struct AssemblerError: Error, Hashable, Sendable {
    /// From 1.
    public let line: Int
    public let problem: Problem

    public enum Problem: Error, Hashable, Sendable {
        case unexpectedCharacter(Character)
        case badNumber(String)
        /// What stands in place of what was expected.
        case unexpected(String, expected: String)
        case unknownMnemonic(String)
        case badRegister(String)
        /// Operands that the instruction does not take; `usage` is how it is written.
        case badOperands(usage: String)
        /// A number that the field has no room for.
        case outOfRange(String, bits: Int)
        case unknownLabel(String)
        case repeatedLabel(String)
        /// A label further away than the instruction's offset reaches, in slots.
        case tooFar(label: String, distance: Int)
    }
}

extension AssemblerError: CustomStringConvertible {
    public var description: String { "line \(line): \(problem)" }
}

extension AssemblerError.Problem: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unexpectedCharacter(let character): "unexpected character '\(character)'"
        case .badNumber(let text): "'\(text)' is not a number"
        case .unexpected(let found, let expected): "expected \(expected), got \(found)"
        case .unknownMnemonic(let name): "unknown instruction '\(name)'"
        case .badRegister(let name): "no register '\(name)', expected r0 to r10"
        case .badOperands(let usage): "expected '\(usage)'"
        case .outOfRange(let number, let bits): "\(number) does not fit in \(bits) bits"
        case .unknownLabel(let name): "unknown label '\(name)'"
        case .repeatedLabel(let name): "label '\(name)' stands twice"
        case .tooFar(let label, let distance): "label '\(label)' is \(distance) instructions away, more than 16 bits"
        }
    }
}
