import Object

/// Values without keys: queues, stacks and Bloom filters.
extension Map {
    /// Adds a value. With the mode `exist`, the oldest one makes room in a full queue or stack.
    /// - Throws: `tooBig` where it is full; `invalid` for other modes, and in maps of other types; `notPermitted`.
    public func push(_ value: [UInt8], _ mode: UpdateMode = .any) throws(MapError) {
        guard attributes.type.isKeyless else { throw notKeyless }
        try update([], value, mode)
    }

    /// Takes the value whose turn it is.
    /// - Throws: `noEntry` where there is none; `notPermitted` where user space may not both read and write.
    public func pop() throws(MapError) -> [UInt8] {
        try checkWritable()
        return try take { map, value throws(MapError) in try check(map.pop(into: value)) }
    }

    /// The value whose turn it is.
    public func peek() throws(MapError) -> [UInt8] {
        try take { map, value throws(MapError) in try check(map.peek(into: value)) }
    }

    private func take(
        _ body: (QueueMap, UnsafeMutableRawPointer) throws(MapError) -> Void
    ) throws(MapError) -> [UInt8] {
        guard case .queue(let map) = storage else { throw notKeyless }
        try checkReadable()
        let value = UnsafeMutableRawBufferPointer.allocate(byteCount: userValueSize, alignment: 8)
        defer { value.deallocate() }
        try body(map, UnsafeMutableRawPointer(mutating: UnsafeRawBufferPointer(value).start))
        return Array(value)
    }

    /// Whether a Bloom filter may hold this value; where it says no, it does not.
    /// - Throws: `invalid` for values of a wrong size and maps of other types; `notPermitted`.
    public func mayContain(_ value: [UInt8]) throws(MapError) -> Bool {
        guard case .bloom(let map) = storage else { throw notKeyless }
        try checkValue(value.count)
        try checkReadable()
        return value.withUnsafeBytes { map.contains($0.start) } == .done
    }

    private var notKeyless: MapError { .invalid("maps of type \(attributes.type.name) have no such operation") }
}

extension MapCore {
    /// 0 or a negated errno: E2BIG where it is full, EINVAL (flags).
    public func push(_ value: UnsafeRawPointer, flags: UInt64) -> Int64 {
        switch kind {
        case .queue(let map): map.push(value, flags: flags).result
        case .bloom(let map): map.push(value, flags: flags).result
        default: MapStatus.invalid.result
        }
    }

    /// 0 or ENOENT negated, with zeros for a value.
    public func pop(into value: UnsafeMutableRawPointer) -> Int64 {
        if case .queue(let map) = kind { map.pop(into: value).result } else { MapStatus.noOperation.result }
    }

    /// The same; of a Bloom filter, whether it may hold the value that is there.
    public func peek(into value: UnsafeMutableRawPointer) -> Int64 {
        switch kind {
        case .queue(let map): map.peek(into: value).result
        case .bloom(let map): map.contains(value).result
        default: MapStatus.noOperation.result
        }
    }
}
