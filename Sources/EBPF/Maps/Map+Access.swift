import Object

extension Map {
    /// The value of `key`; in an LPM trie, of the longest prefix of it.
    /// - Throws: `noEntry`; `invalid` for a key of the wrong size; `notPermitted`.
    public func lookup(_ key: [UInt8]) throws(MapError) -> [UInt8] {
        try value(key) { storage.read($0, into: $1) }
    }

    /// The value of the element whose key this is: not of a shorter prefix, in an LPM trie.
    /// - Throws: as `lookup`.
    public func element(_ key: [UInt8]) throws(MapError) -> [UInt8] {
        try value(key) { storage.readExactly($0, into: $1) }
    }

    @inline(__always)
    private func value(
        _ key: [UInt8], _ read: (UnsafeRawPointer, UnsafeMutableRawPointer) -> Bool
    ) throws(MapError) -> [UInt8] {
        try checkKey(key.count)
        try checkReadable()
        try checkElements()
        var found = false
        let value = [UInt8](unsafeUninitializedCapacity: userValueSize) { buffer, count in
            found = key.withUnsafeBytes { read($0.start, buffer.baseAddress!) }
            count = found ? userValueSize : 0
        }
        guard found else { throw .noEntry }
        return value
    }

    /// Sets the value of `key`, for all workers in per-CPU maps.
    /// - Throws: `exists`, `noEntry`, `full` as `mode` says; `tooBig` past the end of an array; `invalid` for wrong
    ///   sizes; `notPermitted`; `noMemory` where so many elements were deleted that there is no slot for a new one until
    ///   every worker has passed a quiescent point, which is waited for a short time.
    public func update(_ key: [UInt8], _ value: [UInt8], _ mode: UpdateMode = .any) throws(MapError) {
        try checkKey(key.count)
        try checkValue(value.count)
        try checkWritable()
        let status = key.withUnsafeBytes { key in
            value.withUnsafeBytes { storage.write(key.start, $0.start, flags: mode.rawValue) }
        }
        try check(status)
    }

    /// - Throws: `noEntry`; `invalid` for arrays and wrong sizes; `notPermitted`.
    public func delete(_ key: [UInt8]) throws(MapError) {
        try checkKey(key.count)
        try checkWritable()
        try check(key.withUnsafeBytes { storage.remove($0.start) })
    }

    /// Deletes all elements; an array's are zeroed.
    public func clear() throws(MapError) {
        try checkWritable()
        storage.clear()
    }

    // The same without arrays, for callers with memory of their own.

    /// Copies the value of `key` to the first `userValueSize` bytes of `value`.
    public func lookup(_ key: UnsafeRawBufferPointer, into value: UnsafeMutableRawBufferPointer) throws(MapError) {
        try checkKey(key.count)
        guard value.count >= userValueSize else { throw .invalid("room for \(value.count) of \(userValueSize) bytes") }
        try checkReadable()
        try checkElements()
        guard storage.read(key.start, into: value.baseAddress!) else { throw .noEntry }
    }

    public func update(
        _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ mode: UpdateMode = .any
    ) throws(MapError) {
        try checkKey(key.count)
        try checkValue(value.count)
        try checkWritable()
        try check(storage.write(key.start, value.start, flags: mode.rawValue))
    }

    public func delete(_ key: UnsafeRawBufferPointer) throws(MapError) {
        try checkKey(key.count)
        try checkWritable()
        try check(storage.remove(key.start))
    }

    /// A Bloom filter answers, but has nothing to show.
    func checkElements() throws(MapError) {
        try checkRecords()
        if case .bloom = storage { throw .invalid("a Bloom filter tells whether it may hold a value: ask for one") }
    }

    /// Records are taken out, not looked up.
    func checkRecords() throws(MapError) {
        if case .records = storage { throw recordsOnly }
    }

    func checkKey(_ bytes: Int) throws(MapError) {
        guard bytes == attributes.keySize else {
            throw .invalid("key of \(bytes) bytes, expected \(attributes.keySize)")
        }
    }

    /// The key as the map has it: that of a trie with zeros behind the prefix.
    /// - Throws: `invalid` for a key of another size, and for a prefix longer than there are bits.
    public func canonicalKey(_ key: [UInt8]) throws(MapError) -> [UInt8] {
        try checkKey(key.count)
        guard attributes.type == .lpmTrie else { return key }
        let length = Int(key.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) })
        guard length <= 8 * (key.count - LPMKey.headerSize) else { throw prefixTooLong }
        var canonical = key
        for place in LPMKey.headerSize..<key.count {
            let bits = min(max(length - 8 * (place - LPMKey.headerSize), 0), 8)
            canonical[place] &= UInt8(truncatingIfNeeded: 0xFF00 >> bits)
        }
        return canonical
    }

    private var prefixTooLong: MapError {
        .invalid("the prefix is longer than \(8 * (attributes.keySize - LPMKey.headerSize)) bits")
    }

    func checkValue(_ bytes: Int) throws(MapError) {
        guard bytes == userValueSize else { throw .invalid("value of \(bytes) bytes, expected \(userValueSize)") }
    }

    func checkReadable() throws(MapError) {
        if attributes.flags.contains(.writeOnlyUser) { throw .notPermitted }
    }

    func checkWritable() throws(MapError) {
        if attributes.flags.contains(.readOnlyUser) || isFrozen { throw .notPermitted }
    }

    func check(_ status: MapStatus) throws(MapError) {
        switch status {
        case .done: return
        case .noEntry: throw .noEntry
        case .exists: throw .exists
        case .tooBig where isArray:
            throw .tooBig("index is past the end of \(attributes.maxEntries) elements")
        case .tooBig: throw .full
        case .noSpace: throw .noSpace
        case .noMemory: throw .noMemory("too many deleted elements wait for a worker that may use them")
        case .badReference where attributes.type.holdsRedirectTargets:
            throw .badReference("a number says no program: name it")
        case .badReference:
            throw .badReference(
                "elements of a map of type \(attributes.type.name) are no numbers: name a map or a program")
        case .notSupported: throw recordsOnly
        case .noDevice: throw .noWorker
        case .overflow: throw .overflow
        case .noOperation: throw .noOperation("maps of type \(attributes.type.name) don't do that")
        case .invalid where attributes.type == .queue || attributes.type == .stack:
            throw .invalid("values are pushed and popped, with the mode any or exist")
        case .invalid where attributes.type == .lpmTrie:
            throw prefixTooLong
        case .invalid where attributes.type.holdsReferences:
            throw .invalid("a map of type \(attributes.type.name) does not take this")
        case .invalid: throw .invalid("elements of a map of type \(attributes.type.name) can't be deleted")
        }
    }

    private var recordsOnly: MapError {
        .notSupported("a map of type \(attributes.type.name) has records, no elements")
    }

    private var isArray: Bool {
        switch attributes.type {
        case .array, .perCPUArray, .progArray, .arrayOfMaps, .devmap, .cpumap, .xskmap: true
        default: false
        }
    }
}

extension UnsafeRawBufferPointer {
    /// The address of the first byte; of no byte where there are none.
    @inline(__always)
    var start: UnsafeRawPointer { baseAddress ?? UnsafeRawPointer(bitPattern: 8).unsafelyUnwrapped }
}
