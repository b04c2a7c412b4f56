/// An operand of assembly source.
enum AssemblyOperand: Hashable {
    case register(UInt8)
    case number(AssemblyNumber)
    /// `[r1+8]`
    case memory(UInt8, AssemblyNumber)
    case label(String)
    /// `map 0`, `map_value 0+8`: number, and offset into the value.
    case wide(WideSource, AssemblyNumber, AssemblyNumber)
    /// `func label`
    case function(String)
}

/// A number with the sign that it was written with.
struct AssemblyNumber: Hashable {
    var negative = false
    var magnitude: UInt64 = 0

    var text: String { (negative ? "-" : "") + String(magnitude) }

    /// As a field of `bits` bits, signed or unsigned.
    func fit(bits: Int, signedOnly: Bool = false) throws(AssemblerError.Problem) -> Int64 {
        let half: UInt64 = 1 << UInt64(bits - 1)
        let limit = negative ? half : signedOnly ? half - 1 : half - 1 + half
        guard magnitude <= limit else { throw .outOfRange(text, bits: bits) }
        let pattern = Int64(bitPattern: negative ? 0 &- magnitude : magnitude)
        // Fields are signed: an unsigned number takes the bits of its negative twin.
        return (pattern << Int64(64 - bits)) >> Int64(64 - bits)
    }
}

/// Reads the tokens of one statement.
struct AssemblyOperandParser {
    private var tokens: ArraySlice<AssemblyToken>

    init(_ tokens: ArraySlice<AssemblyToken>) { self.tokens = tokens }

    /// All operands, comma separated, to the end of the line.
    mutating func operands() throws(AssemblerError.Problem) -> [AssemblyOperand] {
        guard !tokens.isEmpty else { return [] }
        var operands = [try operand()]
        while let token = tokens.popFirst() {
            guard token == .mark(",") else { throw .unexpected(token.text, expected: "','") }
            operands.append(try operand())
        }
        return operands
    }

    private mutating func operand() throws(AssemblerError.Problem) -> AssemblyOperand {
        switch tokens.first {
        case .mark("["):
            tokens.removeFirst()
            let base = try register()
            let offset = tokens.first == .mark("]") ? AssemblyNumber() : try signed()
            try take(.mark("]"))
            return .memory(base, offset)
        case .word(let word):
            tokens.removeFirst()
            if let register = try Self.register(word) { return .register(register) }
            return try wide(word) ?? .label(word)
        case .number, .mark("+"), .mark("-"):
            return .number(try number())
        case let token:
            throw .unexpected(token?.text ?? "the end of the line", expected: "an operand")
        }
    }

    /// `map 0`: words of `LDDW` that have something after them.
    private mutating func wide(_ word: String) throws(AssemblerError.Problem) -> AssemblyOperand? {
        guard let next = tokens.first, next != .mark(","), let source = WideSource(assembly: word) else { return nil }
        if source == .function {
            guard case .word(let label) = next else { return .wide(source, try number(), AssemblyNumber()) }
            tokens.removeFirst()
            return .function(label)
        }
        let index = try number()
        let offset = source.usesNextImm && tokens.first != nil ? try signed() : AssemblyNumber()
        return .wide(source, index, offset)
    }

    private mutating func register() throws(AssemblerError.Problem) -> UInt8 {
        guard let token = tokens.popFirst() else {
            throw .unexpected("the end of the line", expected: "a register")
        }
        guard case .word(let word) = token, let register = try Self.register(word) else {
            throw .unexpected(token.text, expected: "a register")
        }
        return register
    }

    /// The register that `word` names; nil if it is no register's name.
    private static func register(_ word: String) throws(AssemblerError.Problem) -> UInt8? {
        guard word.first == "r", word.count > 1, word.dropFirst().allSatisfy(\.isNumber) else { return nil }
        guard let number = UInt8(word.dropFirst()), number <= 10 else { throw .badRegister(word) }
        return number
    }

    /// A number after a `+` or a `-`.
    private mutating func signed() throws(AssemblerError.Problem) -> AssemblyNumber {
        guard let token = tokens.first, token == .mark("+") || token == .mark("-") else {
            throw .unexpected(tokens.first?.text ?? "the end of the line", expected: "'+' or '-'")
        }
        return try number()
    }

    private mutating func number() throws(AssemblerError.Problem) -> AssemblyNumber {
        var negative = false
        if tokens.first == .mark("+") || tokens.first == .mark("-") { negative = tokens.removeFirst() == .mark("-") }
        switch tokens.popFirst() {
        case .number(let magnitude): return AssemblyNumber(negative: negative, magnitude: magnitude)
        case let token: throw .unexpected(token?.text ?? "the end of the line", expected: "a number")
        }
    }

    private mutating func take(_ expected: AssemblyToken) throws(AssemblerError.Problem) {
        let token = tokens.popFirst()
        guard token == expected else {
            throw .unexpected(token?.text ?? "the end of the line", expected: expected.text)
        }
    }
}

extension WideSource {
    /// The word that stands for it in assembly; nil for a plain number.
    var assembly: String? {
        switch self {
        case .imm64: nil
        case .map: "map"
        case .mapValue: "map_value"
        case .variable: "variable"
        case .function: "func"
        case .mapIndex: "map_index"
        case .mapIndexValue: "map_index_value"
        }
    }

    init?(assembly word: String) {
        guard let source = WideSource.allCases.first(where: { $0.assembly == word }) else { return nil }
        self = source
    }
}
