/// Text as `bpf_snprintf`, `bpf_trace_printk` and `bpf_trace_vprintk` make it: `%d %i %u %x %X` with `l` and `ll`, `%c`,
/// `%s`, `%pks`, `%pus`, `%p`, `%px`, `%pK`, `%ps`, `%pS`, `%pB`, `%pi4`, `%pI4`, `%pi6`, `%pI6`, `%%`, with flags and
/// width. Source: man bpf-helpers(7), and what Linux 6.18 answers.
struct TextFormat {
    /// Argument `index`; nil where there are no more.
    var argument: (_ index: Int) -> UInt64?
    /// A C string of the program's, cut off at `limit` bytes; nil where it must not be read.
    var string: (_ address: UInt64, _ limit: Int) -> [UInt8]?
    /// Memory of the program's; nil where it must not be read.
    var memory: (_ address: UInt64, _ count: Int) -> [UInt8]?

    private static let maxString = 511
    private static let maxWidth = 4096

    /// Nil where the format is not allowed (the helpers answer -EINVAL).
    ///
    /// - Parameter format: without its last byte, a zero.
    func render(_ format: [UInt8]) -> [UInt8]? {
        var output: [UInt8] = []
        var rest = format[...]
        var next = 0
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                guard Self.isText(byte) else { return nil }
                output.append(byte)
                continue
            }
            if rest.first == byte {
                output.append(byte)
                rest.removeFirst()
                continue
            }
            guard let field = Field(&rest), let value = argument(next), let text = text(field, value) else {
                return nil
            }
            next += 1
            output += text
        }
        return output
    }

    /// Printable characters of Latin-1, and white space.
    private static func isText(_ byte: UInt8) -> Bool {
        (0x20...0x7E).contains(byte) || byte >= 0xA0 || (0x09...0x0D).contains(byte)
    }

    private func text(_ field: Field, _ value: UInt64) -> [UInt8]? {
        switch field.conversion {
        case .signed:
            let number = field.isWide ? Int64(bitPattern: value) : Int64(Int32(truncatingIfNeeded: value))
            let sign = number < 0 ? "-" : field.plus ? "+" : field.space ? " " : ""
            return field.pad(Array(String(number.magnitude).utf8), sign: Array(sign.utf8))
        case .unsigned(let radix, let isUpper):
            let number = field.isWide ? value : UInt64(UInt32(truncatingIfNeeded: value))
            return field.pad(Array(String(number, radix: radix, uppercase: isUpper).utf8))
        case .character: return field.pad([UInt8(truncatingIfNeeded: value)], allowsZeros: false)
        case .string: return field.pad(string(value, Self.maxString) ?? [], allowsZeros: false)
        case .pointer:
            let digits = Array(String(value, radix: 16).utf8)
            if field.width > 0 { return field.pad(digits, allowsZeros: false) }
            return [UInt8](repeating: UInt8(ascii: "0"), count: 16 - digits.count) + digits
        case .symbol: return field.pad(Array("0x\(String(value, radix: 16))".utf8), allowsZeros: false)
        case .ipv4(let leads):
            let bytes = memory(value, 4) ?? [0, 0, 0, 0]
            return Array(bytes.map { leads ? Self.digits(Int($0), 3, radix: 10) : "\($0)" }.joined(separator: ".").utf8)
        case .ipv6(let hasColons):
            let bytes = memory(value, 16) ?? [UInt8](repeating: 0, count: 16)
            let groups = stride(from: 0, to: 16, by: 2).map { index in
                Self.digits(Int(bytes[index]) << 8 | Int(bytes[index + 1]), 4, radix: 16)
            }
            return Array(groups.joined(separator: hasColons ? ":" : "").utf8)
        }
    }

    private static func digits(_ number: Int, _ count: Int, radix: Int) -> String {
        let text = String(number, radix: radix)
        return String(repeating: "0", count: count - text.count) + text
    }

    /// What stands behind a percent sign: flags, width, length, conversion.
    private struct Field {
        var zero = false
        var left = false
        var plus = false
        var space = false
        var width = 0
        var isWide = false
        var conversion = Conversion.signed

        enum Conversion {
            case signed
            case unsigned(radix: Int, isUpper: Bool)
            case character, string, pointer, symbol
            /// With three digits a byte, or as few as there are.
            case ipv4(leads: Bool)
            case ipv6(hasColons: Bool)
        }

        /// Nil where it is none that is allowed.
        init?(_ rest: inout ArraySlice<UInt8>) {
            flags: while let flag = rest.first {
                switch flag {
                case UInt8(ascii: "0"): zero = true
                case UInt8(ascii: "-"): left = true
                case UInt8(ascii: "+"): plus = true
                case UInt8(ascii: " "): space = true
                default: break flags
                }
                rest.removeFirst()
            }
            while let digit = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) {
                width = min(width * 10 + Int(digit - UInt8(ascii: "0")), TextFormat.maxWidth)
                rest.removeFirst()
            }
            switch rest.popFirst() {
            case UInt8(ascii: "c"): conversion = .character
            case UInt8(ascii: "s"): conversion = .string
            case UInt8(ascii: "p"):
                guard let pointer = Self.pointer(&rest) else { return nil }
                conversion = pointer
            case UInt8(ascii: "l"):
                isWide = true
                if rest.first == UInt8(ascii: "l") { rest.removeFirst() }
                guard let number = Self.number(rest.popFirst()) else { return nil }
                conversion = number
            case let letter:
                guard let number = Self.number(letter) else { return nil }
                conversion = number
            }
        }

        private static func number(_ letter: UInt8?) -> Conversion? {
            switch letter {
            case UInt8(ascii: "d"), UInt8(ascii: "i"): .signed
            case UInt8(ascii: "u"): .unsigned(radix: 10, isUpper: false)
            case UInt8(ascii: "x"): .unsigned(radix: 16, isUpper: false)
            case UInt8(ascii: "X"): .unsigned(radix: 16, isUpper: true)
            default: nil
            }
        }

        /// The letters behind a `p`; those that mean nothing are not printed either.
        private static func pointer(_ rest: inout ArraySlice<UInt8>) -> Conversion? {
            func isLetter(_ byte: UInt8) -> Bool {
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "a")...UInt8(ascii: "z"):
                    true
                default: false
                }
            }
            let letters = rest.prefix(while: isLetter)
            func begins(_ text: String) -> Bool { letters.starts(with: text.utf8) }
            if begins("ks") || begins("us") {
                rest.removeFirst(2)
                return .string
            }
            rest.removeFirst(letters.count)
            guard let first = letters.first else { return .pointer }
            switch first {
            case UInt8(ascii: "K"), UInt8(ascii: "x"): return .pointer
            case UInt8(ascii: "s"), UInt8(ascii: "S"), UInt8(ascii: "B"): return .symbol
            case UInt8(ascii: "i"), UInt8(ascii: "I"):
                let isUpper = first == UInt8(ascii: "I")
                switch letters.dropFirst().first {
                case UInt8(ascii: "4"): return .ipv4(leads: !isUpper)
                case UInt8(ascii: "6"): return .ipv6(hasColons: isUpper)
                default: return nil
                }
            default: return nil
            }
        }

        func pad(_ digits: [UInt8], sign: [UInt8] = [], allowsZeros: Bool = true) -> [UInt8] {
            let fill = max(width - digits.count - sign.count, 0)
            if left { return sign + digits + [UInt8](repeating: UInt8(ascii: " "), count: fill) }
            if zero && allowsZeros { return sign + [UInt8](repeating: UInt8(ascii: "0"), count: fill) + digits }
            return [UInt8](repeating: UInt8(ascii: " "), count: fill) + sign + digits
        }
    }
}
