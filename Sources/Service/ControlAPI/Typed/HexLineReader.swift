/// Reads lines of `{"key":"0x...","value":"0x..."}`, as a dump writes them, without a JSON parser: a million a second.
struct HexLineReader {
    let keySize: Int
    let valueSize: Int

    /// Nil where the line is written in another way, which says nothing of its being right or wrong.
    func entry(_ line: UnsafeBufferPointer<UInt8>.SubSequence) -> (key: [UInt8], value: [UInt8])? {
        var rest = line
        while let last = rest.last, last <= 0x20 { rest.removeLast() }
        guard Self.skip("{\"key\":\"", &rest), let key = Self.bytes(keySize, &rest),
            Self.skip("\",\"value\":\"", &rest), let value = Self.bytes(valueSize, &rest), Self.skip("\"}", &rest),
            rest.isEmpty
        else { return nil }
        return (key, value)
    }

    private static func skip(_ text: StaticString, _ rest: inout UnsafeBufferPointer<UInt8>.SubSequence) -> Bool {
        let count = text.utf8CodeUnitCount
        guard rest.count >= count else { return false }
        for index in 0..<count where rest[rest.startIndex + index] != text.utf8Start[index] { return false }
        rest.removeFirst(count)
        return true
    }

    private static func bytes(_ count: Int, _ rest: inout UnsafeBufferPointer<UInt8>.SubSequence) -> [UInt8]? {
        guard rest.count >= 2 + 2 * count, let bytes = Hex.bytes(utf8: rest.prefix(2 + 2 * count)),
            bytes.count == count
        else { return nil }
        rest.removeFirst(2 + 2 * count)
        return bytes
    }
}
