import Object

extension Map {
    /// Bytes of all keys and values, as user space sees them.
    public var contentBytes: Int { entryCount * (attributes.keySize + userValueSize) }

    /// A map of the same attributes with the elements of this one, for the workers of another domain. Each of them finds
    /// the first worker's value in a per-CPU map. What this map's flags keep from user space is copied too.
    ///
    /// Programs may write meanwhile: elements that live through it are in the copy, each with a value that it had.
    public func copy(domain: WorkerDomain) throws(MapError) -> Map {
        let copy = try Map(attributes, domain: domain, name: name)
        let stride = isPerCPU ? roundUp8(attributes.valueSize) : attributes.valueSize
        var key = [UInt8](repeating: 0, count: attributes.keySize)
        var value = [UInt8](repeating: 0, count: max(userValueSize, copy.userValueSize))
        key.withUnsafeMutableBytes { key in
            value.withUnsafeMutableBytes { value in
                var position = 0
                guard let key = key.baseAddress, let value = value.baseAddress else { return }
                while storage.next(from: &position, key: key, value: value) {
                    if isPerCPU {
                        for worker in 1..<max(domain.workers, 1) {
                            (value + worker * stride).copyMemory(from: value, byteCount: stride)
                        }
                    }
                    // Elements that came meanwhile may be too many.
                    _ = copy.storage.write(key, value, flags: UpdateMode.any.rawValue)
                }
            }
        }
        if isFrozen { copy.freeze() }
        return copy
    }

    /// How the elements of this map differ from those of `before`, a map of the same attributes and domain.
    ///
    /// - Parameter body: called with each element that is new, gone or other; false ends the walk.
    public func forEachChange(
        since before: Map,
        _ body: (_ key: ArraySlice<UInt8>, _ before: ArraySlice<UInt8>?, _ after: ArraySlice<UInt8>?) -> Bool
    ) throws(MapError) {
        var goesOn = true
        try forEach { key, value in
            let old = try? before.element(Array(key))
            if old.map({ $0[...] != value }) ?? true { goesOn = body(key, old?[...], value) }
            return goesOn
        }
        guard goesOn else { return }
        try before.forEach { key, value in
            if (try? element(Array(key))) == nil { goesOn = body(key, value, nil) }
            return goesOn
        }
    }
}
