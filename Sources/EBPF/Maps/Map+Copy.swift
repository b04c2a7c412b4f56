import Object

extension Map {
    /// Bytes of all keys and values, as user space sees them.
    ///
    /// Maps in this one count too.
    public var contentBytes: Int {
        let own = entryCount * (attributes.keySize + userValueSize)
        guard attributes.type.holdsMaps else { return own }
        return allReferences.reduce(own) { $0 + (($1.reference?.object as? Map)?.contentBytes ?? 0) }
    }

    /// A map of the same attributes with the elements of this one, for the workers of another domain. Each of them finds
    /// the first worker's value in a per-CPU map. What this map's flags keep from user space is copied too.
    ///
    /// Programs may write meanwhile: elements that live through it are in the copy, each with a value that it had.
    public func copy(domain: WorkerDomain) throws(MapError) -> Map {
        let copy = try Map(attributes, domain: domain, name: name, inner: inner)
        if attributes.type.holdsReferences {
            try copyReferences(to: copy)
            return copy
        }
        if case .bloom(let filter) = storage, case .bloom(let target) = copy.storage { target.copy(filter) }
        let stride = isPerCPU ? roundUp8(attributes.valueSize) : attributes.valueSize
        var key = [UInt8](repeating: 0, count: attributes.keySize)
        var value = [UInt8](repeating: 0, count: max(userValueSize, copy.userValueSize))
        key.withUnsafeMutableBytes { key in
            value.withUnsafeMutableBytes { value in
                var position = 0
                let key = UnsafeMutableRawPointer(mutating: UnsafeRawBufferPointer(key).start)
                guard let value = value.baseAddress else { return }
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
    /// Of values without keys, those that are at the same place from the oldest on are compared.
    ///
    /// - Parameter body: called with each element that is new, gone or other; false ends the walk.
    public func forEachChange(
        since before: Map,
        _ body: (_ key: ArraySlice<UInt8>, _ before: ArraySlice<UInt8>?, _ after: ArraySlice<UInt8>?) -> Bool
    ) throws(MapError) {
        // Programs can't change them.
        if attributes.type.holdsReferences { return }
        if attributes.type.isKeyless { return try forEachPlace(since: before, body) }
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

    /// Maps in this one are copied too. Programs belong to other maps and another domain: they stay behind.
    private func copyReferences(to copy: Map) throws(MapError) {
        for (key, reference, target) in allReferences {
            if let map = reference?.object as? Map {
                try copy.setMap(key, try map.copy(domain: copy.domain))
            } else if let target, attributes.type != .cpumap || copy.domain.workers >= domain.workers {
                try copy.setTarget(key, target.target)
            }
        }
    }

    private func forEachPlace(
        since before: Map,
        _ body: (_ key: ArraySlice<UInt8>, _ before: ArraySlice<UInt8>?, _ after: ArraySlice<UInt8>?) -> Bool
    ) throws(MapError) {
        let old = try before.values
        let new = try values
        for place in 0..<max(old.count, new.count) {
            let (one, other) = (place < old.count ? old[place] : nil, place < new.count ? new[place] : nil)
            if one != other, !body([], one.map { $0[...] }, other.map { $0[...] }) { return }
        }
    }

    private var values: [[UInt8]] {
        get throws(MapError) {
            var values: [[UInt8]] = []
            try forEach { _, value in
                values.append(Array(value))
                return true
            }
            return values
        }
    }
}
