import Glibc

/// Helpers that write, compare and read text.
enum TextHelpers {
    static let entries = [
        HelperEntry(.snprintf, arguments: 5, price: .fixed(2048), snprintf),
        HelperEntry(.strncmp, arguments: 3, price: .told(most: Helpers.baseCost + mostText), strncmp),
        HelperEntry(.strtol, arguments: 4, price: .fixed(numberCost)) { call throws(Fault) in
            try number(call, isSigned: true)
        },
        HelperEntry(.strtoul, arguments: 4, price: .fixed(numberCost)) { call throws(Fault) in
            try number(call, isSigned: false)
        },
    ]

    /// `MAX_BPRINTF_VARARGS`, of 8 bytes each.
    static let maxArguments = 12
    private static let mostText = 1 << 16
    private static let maxFormat = 1024
    private static let numberCost = 128

    /// `bpf_snprintf(str, str_size, fmt, data, data_len)`: the text's length with its zero, whether or not it fits.
    private static func snprintf(_ call: HelperCall) throws(Fault) -> UInt64 {
        let room = try call.writable(1, bytes: Int(call.u32(2)))
        let data = try call.readable(4, bytes: Int(call.u32(5)))
        guard data.count % 8 == 0, data.count <= maxArguments * 8 else { return HelperCall.error(EINVAL) }
        guard let format = call.string(at: call[3], limit: maxFormat) else { throw .badAccess }
        let text = call.render(format) {
            $0 < data.count / 8 ? data.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self) : nil
        }
        guard let text, format.count < maxFormat else { return HelperCall.error(EINVAL) }
        if !room.isEmpty {
            let kept = text.prefix(room.count - 1)
            room.copyBytes(from: kept)
            room[kept.count] = 0
        }
        return UInt64(text.count + 1)
    }

    /// `bpf_strncmp(s1, s1_sz, s2)`: -1, 0 or 1.
    private static func strncmp(_ call: HelperCall) throws(Fault) -> UInt64 {
        let first = try call.readable(1, bytes: Int(call.u32(2)))
        for index in first.indices {
            guard let second = call.byte(at: call[3] &+ UInt64(index)) else { throw .badAccess }
            if first[index] != second {
                call.state.pointee.helperCost &+= index
                return first[index] < second ? UInt64.max : 1
            }
            if second == 0 { break }
        }
        call.state.pointee.helperCost &+= first.count
        return 0
    }

    /// Digits that are looked at: a buffer of 64 bytes in Linux.
    private static let maxDigits = 63

    /// `bpf_strtol(buf, buf_len, flags, res)` and `bpf_strtoul`: the characters that were read; the number is 0 where
    /// there is an error.
    private static func number(_ call: HelperCall, isSigned: Bool) throws(Fault) -> UInt64 {
        let text = try call.readable(1, bytes: Int(call.u32(2)))
        let result = try call.writable(4, bytes: 8)
        result.storeBytes(of: 0, as: UInt64.self)
        guard [0, 8, 10, 16].contains(call[3]) else { return HelperCall.error(EINVAL) }
        var rest = text[...]
        while let byte = rest.first, byte == 0x20 || (0x09...0x0D).contains(byte) { rest.removeFirst() }
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative {
            guard isSigned else { return HelperCall.error(EINVAL) }
            rest.removeFirst()
        }
        guard let parsed = TextNumber(Array(rest.prefix(maxDigits)), base: Int(call[3])) else {
            return HelperCall.error(EINVAL)
        }
        let limit: UInt64 = !isSigned ? .max : isNegative ? 1 << 63 : (1 << 63) - 1
        guard !parsed.overflows, parsed.value <= limit else { return HelperCall.error(ERANGE) }
        result.storeBytes(of: isNegative ? 0 &- parsed.value : parsed.value, as: UInt64.self)
        return UInt64(rest.startIndex - text.startIndex + parsed.count)
    }
}

/// A number without a sign at the start of a text.
private struct TextNumber {
    var value: UInt64 = 0
    var overflows = false
    /// Characters that it takes, with its prefix.
    var count: Int

    /// Nil where there is none.
    ///
    /// - Parameter base: 0: as the prefix says, `0x` or `0`.
    init?(_ text: [UInt8], base: Int) {
        func digit(_ index: Int) -> Int? {
            index < text.count && text[index] < 0x80 ? Character(UnicodeScalar(text[index])).hexDigitValue : nil
        }
        let hasZero = text.first == UInt8(ascii: "0")
        let hasX = hasZero && text.count > 1 && text[1] | 0x20 == UInt8(ascii: "x")
        var base = base
        if base == 0 { base = hasX && digit(2) != nil ? 16 : hasZero ? 8 : 10 }
        let start = base == 16 && hasX ? 2 : 0
        count = start
        while let digit = digit(count), digit < base {
            let (product, overflow) = value.multipliedReportingOverflow(by: UInt64(base))
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
            overflows = overflows || overflow || carry
            value = sum
            count += 1
        }
        if count == start { return nil }
    }
}

extension HelperCall {
    /// A byte that the program may read. Text is checked always: what a verified program prints may be any number.
    func byte(at address: UInt64) -> UInt8? {
        guard Memory.isReadable(core, state, address, 1) else { return nil }
        return UnsafeRawPointer(bitPattern: UInt(address))?.load(as: UInt8.self)
    }

    /// The C string at an address, cut off at `limit` bytes; nil where the program must not read.
    func string(at address: UInt64, limit: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < limit {
            guard let byte = byte(at: address &+ UInt64(bytes.count)) else { return nil }
            if byte == 0 { break }
            bytes.append(byte)
        }
        return bytes
    }

    /// Nil where the format is not allowed.
    func render(_ format: [UInt8], _ argument: (Int) -> UInt64?) -> [UInt8]? {
        withoutActuallyEscaping(argument) { argument in
            TextFormat(
                argument: argument, string: string,
                memory: { address, count in
                    guard Memory.isReadable(core, state, address, count) else { return nil }
                    let start = UnsafeRawPointer(bitPattern: UInt(address))
                    return Array(UnsafeRawBufferPointer(start: start, count: count))
                }
            ).render(format)
        }
    }
}
