import Maps
import Object

/// How the entries of a map are written in JSON, in one request: typed or as bytes, per worker or summed.
struct EntryCodec: Sendable {
    enum Format: String, CaseIterable { case typed, hex }
    enum PerCPU: String, CaseIterable { case all, sum }

    let keySize: Int
    let valueSize: Int
    /// Values of an entry: 1, or one for each worker of a per-CPU map.
    let workers: Int
    let isPerCPU: Bool
    let isTyped: Bool
    let isSummed: Bool
    private let key: TypeSchema
    private let value: TypeSchema
    private let references: ReferenceForm?
    /// Keys are numbers of elements, whatever the object says of their type.
    private let isIndexed: Bool

    /// - Throws: `unsupported` where the map has no schema for what is asked.
    init(
        _ map: Map, schema: MapSchema?, format: Format?, perCPU: PerCPU?, references: ReferenceForm? = nil
    ) throws(Problem) {
        self.references = references
        keySize = map.attributes.keySize
        valueSize = map.attributes.valueSize
        isPerCPU = map.isPerCPU
        isIndexed = schema == nil && map.attributes.type.isIndexed
        workers = map.isPerCPU ? map.domain.workers : 1
        isTyped = format.map { $0 == .typed } ?? (schema != nil || references != nil)
        isSummed = map.isPerCPU && perCPU == .sum
        if isTyped && schema == nil && references == nil {
            throw Problem(.unsupported, "the map has no type information; use format=hex")
        }
        key = schema?.key ?? .bytes(keySize)
        if let schema {
            value = schema.value
        } else if isSummed, [1, 2, 4, 8].contains(valueSize) {
            value = TypeSchema(
                name: nil, size: valueSize,
                shape: .integer(bits: valueSize * 8, isSigned: false, isBigEndian: false))
        } else if isSummed {
            throw Problem(.unsupported, "values of \(valueSize) bytes without type information can't be summed")
        } else {
            value = .bytes(valueSize)
        }
    }

    private var stride: Int { isPerCPU ? (valueSize + 7) & ~7 : valueSize }

    private func slots(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        (0..<workers).map { worker in
            let start = bytes.startIndex + worker * stride
            return bytes[start..<start + valueSize]
        }
    }

    // MARK: Writing

    /// Where entries are written as bytes, all as long as each other; nil where they are typed or summed.
    private func hexLines(separator: UInt8) -> HexLines? {
        guard !isTyped && !isSummed else { return nil }
        return HexLines(
            keySize: keySize, valueSize: valueSize, stride: stride, workers: workers, isPerCPU: isPerCPU,
            separator: separator)
    }

    /// All entries of a batch, with the separator behind each of them.
    func write(_ batch: EntryBatch, separator: UInt8, to text: inout JSONText) {
        if let lines = hexLines(separator: separator) {
            text.raw(lines.text(batch))
            return
        }
        for index in 0..<batch.count {
            write(key: batch.key(index), value: batch.value(index), to: &text)
            text.byte(separator)
        }
    }

    /// `{"key":...,"value":...}`, with the bytes as `hex` where it is typed.
    func write(key: ArraySlice<UInt8>, value: ArraySlice<UInt8>, to text: inout JSONText) {
        text.raw("{\"key\":")
        writeKey(key, to: &text)
        text.raw(",\"value\":")
        writeValue(value, to: &text)
        if isTyped {
            text.raw(",\"hex\":{\"key\":")
            text.hex(key)
            text.raw(",\"value\":")
            writeHex(value, to: &text)
            text.byte(UInt8(ascii: "}"))
        }
        text.byte(UInt8(ascii: "}"))
    }

    func writeKey(_ bytes: ArraySlice<UInt8>, to text: inout JSONText) {
        if isTyped {
            bytes.withUnsafeBytes { key.write($0, to: &text) }
        } else {
            text.hex(bytes)
        }
    }

    func writeValue(_ bytes: ArraySlice<UInt8>, to text: inout JSONText) {
        guard isTyped else { return writeHex(bytes, to: &text) }
        if let references { return text.write(references.json(bytes)) }
        write(bytes, to: &text) { slot, text in slot.withUnsafeBytes { value.write($0, to: &text) } }
    }

    private func writeHex(_ bytes: ArraySlice<UInt8>, to text: inout JSONText) {
        write(bytes, to: &text) { slot, text in text.hex(slot) }
    }

    private func write(
        _ bytes: ArraySlice<UInt8>, to text: inout JSONText,
        _ one: (ArraySlice<UInt8>, inout JSONText) -> Void
    ) {
        if !isPerCPU { return one(bytes, &text) }
        if isSummed { return one(value.sum(slots(bytes))[...], &text) }
        text.byte(UInt8(ascii: "["))
        for (index, slot) in slots(bytes).enumerated() {
            if index > 0 { text.byte(UInt8(ascii: ",")) }
            one(slot, &text)
        }
        text.byte(UInt8(ascii: "]"))
    }

    // MARK: Reading

    /// For entries that are written as bytes, with one value each.
    var lineReader: HexLineReader? {
        isTyped || isPerCPU ? nil : HexLineReader(keySize: keySize, valueSize: valueSize)
    }

    func key(_ reader: JSONReader) throws(Problem) -> [UInt8] {
        if isIndexed, case .whole = reader.value {
            let index = UInt32(try reader.integer(in: 0...Int128(UInt32.max)))
            return withUnsafeBytes(of: index.littleEndian) { Array($0) }
        }
        return isTyped ? try key.encode(reader) : try TypeSchema.hex(reader, size: keySize)
    }

    /// Bytes of the map's `userValueSize`. A summed value is the first worker's; the others are zero.
    func value(_ reader: JSONReader) throws(Problem) -> [UInt8] {
        if !isPerCPU { return try one(reader) }
        var bytes = [UInt8](repeating: 0, count: stride * workers)
        if isSummed {
            bytes.replaceSubrange(0..<valueSize, with: try one(reader))
            return bytes
        }
        guard case .array = reader.value else {
            throw reader.refusal("expected an array with a value for each worker (or percpu=sum)")
        }
        let items = try reader.items()
        guard items.count == workers else {
            throw reader.refusal("expected \(workers) values, one for each worker, got \(items.count)")
        }
        for (worker, item) in items.enumerated() {
            bytes.replaceSubrange(worker * stride..<worker * stride + valueSize, with: try one(item))
        }
        return bytes
    }

    private func one(_ reader: JSONReader) throws(Problem) -> [UInt8] {
        isTyped ? try value.encode(reader) : try TypeSchema.hex(reader, size: valueSize)
    }
}
