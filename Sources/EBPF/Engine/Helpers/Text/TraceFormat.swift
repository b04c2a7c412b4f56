/// The text of `bpf_trace_printk`: `%d %i %u %x %X %o %p %c %s` with `l` and `ll`, zero padding and width, `%%`; at
/// most three arguments. Source: kernel/trace/bpf_trace.c as man bpf-helpers(7) describes it.
enum TraceFormat {
    static let maxLength = 512
    static let maxString = 128

    /// Nil where the format is not allowed (the helper answers -EINVAL). `string` reads a C string of the program.
    static func render(
        _ format: UnsafeRawBufferPointer, arguments: (UInt64, UInt64, UInt64),
        string: (_ address: UInt64, _ limit: Int) -> [UInt8]?
    ) -> String? {
        guard format.last == 0 else { return nil }
        let values = [arguments.0, arguments.1, arguments.2]
        var output: [UInt8] = []
        var next = 0
        var i = 0
        while i < format.count, format[i] != 0 {
            guard format[i] == UInt8(ascii: "%") else {
                output.append(format[i])
                i += 1
                continue
            }
            i += 1
            guard i < format.count else { return nil }
            if format[i] == UInt8(ascii: "%") {
                output.append(format[i])
                i += 1
                continue
            }
            var spec = Spec()
            guard spec.parse(format, &i), next < values.count else { return nil }
            let value = values[next]
            next += 1
            if spec.conversion == UInt8(ascii: "s") {
                guard let bytes = string(value, maxString) else { return nil }
                output += spec.pad(bytes)
            } else {
                guard let bytes = spec.number(value) else { return nil }
                output += spec.pad(bytes)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// One conversion: flags, width, length, conversion.
    private struct Spec {
        var zero = false
        var left = false
        var alternate = false
        var width = 0
        /// 1 for `l`, 2 for `ll`.
        var longs = 0
        var conversion: UInt8 = 0

        mutating func parse(_ format: UnsafeRawBufferPointer, _ i: inout Int) -> Bool {
            while i < format.count {
                let c = format[i]
                i += 1
                switch c {
                case UInt8(ascii: "0") where width == 0: zero = true
                case UInt8(ascii: "-"): left = true
                case UInt8(ascii: "#"): alternate = true
                case UInt8(ascii: "0")...UInt8(ascii: "9"):
                    width = width * 10 + Int(c - UInt8(ascii: "0"))
                    if width > 256 { return false }
                case UInt8(ascii: "l"):
                    longs += 1
                    if longs > 2 { return false }
                default:
                    conversion = c
                    return "diuxXopcs".utf8.contains(c)
                }
            }
            return false
        }

        func number(_ value: UInt64) -> [UInt8]? {
            let wide = longs > 0
            let unsigned = wide ? value : UInt64(UInt32(truncatingIfNeeded: value))
            switch conversion {
            case UInt8(ascii: "d"), UInt8(ascii: "i"):
                let signed = wide ? Int64(bitPattern: value) : Int64(Int32(truncatingIfNeeded: value))
                return Array(String(signed).utf8)
            case UInt8(ascii: "u"): return Array(String(unsigned).utf8)
            case UInt8(ascii: "x"): return Array(((alternate ? "0x" : "") + String(unsigned, radix: 16)).utf8)
            case UInt8(ascii: "X"):
                return Array(((alternate ? "0X" : "") + String(unsigned, radix: 16, uppercase: true)).utf8)
            case UInt8(ascii: "o"): return Array(String(unsigned, radix: 8).utf8)
            case UInt8(ascii: "p"):
                let digits = String(value, radix: 16)
                return Array((String(repeating: "0", count: 16 - digits.count) + digits).utf8)
            case UInt8(ascii: "c"): return [UInt8(truncatingIfNeeded: value)]
            default: return nil
            }
        }

        func pad(_ bytes: [UInt8]) -> [UInt8] {
            guard bytes.count < width else { return bytes }
            let fill = width - bytes.count
            if left { return bytes + [UInt8](repeating: UInt8(ascii: " "), count: fill) }
            guard zero, conversion != UInt8(ascii: "s") else {
                return [UInt8](repeating: UInt8(ascii: " "), count: fill) + bytes
            }
            let zeros = [UInt8](repeating: UInt8(ascii: "0"), count: fill)
            return bytes.first == UInt8(ascii: "-") ? bytes.prefix(1) + zeros + bytes.dropFirst() : zeros + bytes
        }
    }
}
