/// A token of assembly source.
enum AssemblyToken: Hashable {
    /// Mnemonic, register or label; a `%` in front is dropped.
    case word(String)
    /// A number without its sign.
    case number(UInt64)
    /// One of `, [ ] + - :`
    case mark(Character)

    /// As an error message quotes it.
    var text: String {
        switch self {
        case .word(let word): "'\(word)'"
        case .number(let number): String(number)
        case .mark(let mark): "'\(mark)'"
        }
    }

    /// Tokens of one line, without its comment (`#`, `;` or `//` to the end).
    static func scan(_ line: Substring) throws(AssemblerError.Problem) -> [AssemblyToken] {
        var tokens: [AssemblyToken] = []
        var rest = line
        while let first = rest.first {
            switch first {
            case " ", "\t", "\r":
                rest.removeFirst()
            case "#", ";":
                return tokens
            case ",", "[", "]", "+", "-", ":":
                tokens.append(.mark(first))
                rest.removeFirst()
            case "%":
                rest.removeFirst()
                guard let next = rest.first, isWord(next), !next.isNumber else { throw .unexpectedCharacter("%") }
            case _ where isWord(first):
                let text = rest.prefix(while: isWord)
                rest = rest[text.endIndex...]
                tokens.append(try token(text))
            default:
                if rest.hasPrefix("//") { return tokens }
                throw .unexpectedCharacter(first)
            }
        }
        return tokens
    }

    private static func token(_ text: Substring) throws(AssemblerError.Problem) -> AssemblyToken {
        guard text.first!.isNumber else { return .word(String(text)) }
        let isHex = text.hasPrefix("0x") || text.hasPrefix("0X")
        guard let number = isHex ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text) else {
            throw .badNumber(String(text))
        }
        return .number(number)
    }

    private static func isWord(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "_.$".contains(character))
    }
}
