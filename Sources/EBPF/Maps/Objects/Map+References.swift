import Object

/// Maps in maps, programs in maps, and where frames go. Never from a worker: what is replaced or removed is let go of when
/// every worker has passed a quiescent point, for which these functions wait a short time.
extension Map {
    /// Puts a map into a map of maps.
    /// - Throws: `invalid` where it is not like the inner map that this one was made for; as `update` otherwise.
    public func setMap(_ key: [UInt8], _ map: Map, _ mode: UpdateMode = .any) throws(MapError) {
        guard attributes.type.holdsMaps, let inner else {
            throw .invalid("maps of type \(attributes.type.name) hold no maps")
        }
        guard map.domain === domain else { throw .invalid("the map belongs to other workers") }
        let differences = map.attributes.differences(from: inner)
        guard differences.isEmpty else {
            throw .invalid("the map is not like those that this one holds: \(differences.joined(separator: ", "))")
        }
        let reference = MapReference(object: map, address: UInt(bitPattern: map.address), id: map.id)
        try setReference(key, reference, mode)
    }

    /// The map that an element of a map of maps holds; nil where there is none.
    public func innerMap(_ key: [UInt8]) -> Map? { reference(key)?.object as? Map }

    /// Puts a map or a program into a map of such.
    public func setReference(_ key: [UInt8], _ reference: MapReference, _ mode: UpdateMode = .any) throws(MapError) {
        let references = try writableReferences(key)
        try check(references.set(key, reference, flags: mode.rawValue))
    }

    /// Sets where an element of a devmap, cpumap or xskmap leads, and the program that runs at the egress.
    public func setTarget(
        _ key: [UInt8], _ target: UInt32, program: MapReference? = nil, _ mode: UpdateMode = .any
    ) throws(MapError) {
        let references = try writableReferences(key)
        try check(references.set(key, target: target, program: program, flags: mode.rawValue))
    }

    /// What an element refers to; nil where it is not there, or no more than a number.
    public func reference(_ key: [UInt8]) -> MapReference? {
        guard key.count == attributes.keySize else { return nil }
        return references?.reference(key)
    }

    /// Every element's key, with the map or program that it refers to and where it leads.
    public var allReferences: [(key: [UInt8], reference: MapReference?, target: RedirectTarget?)] {
        references?.all ?? []
    }

    /// Maps and programs that were taken out of this map and that workers may still use.
    public var retiredReferences: Int { references?.retiredCount ?? 0 }

    /// Whoever keeps a map for use is its owner. A program holds its maps, and a map its programs: when the last owner goes,
    /// the map lets go of its programs. `LoadedObject` is an owner of its maps.
    public func addOwner() { references?.addOwner() }

    public func removeOwner() {
        if references?.removeOwner() ?? false { references?.removePrograms() }
    }

    private func writableReferences(_ key: [UInt8]) throws(MapError) -> References {
        guard let references else { throw .invalid("maps of type \(attributes.type.name) hold no objects") }
        try checkKey(key.count)
        try checkWritable()
        return references
    }
}

extension MapAttributes {
    /// What keeps a map like this out of a map of maps that was made for `inner`, in words; none where nothing does:
    /// `bpf_map_meta_equal`, kernel/bpf/map_in_map.c. Arrays have the same length besides, where the flag `inner_map` does
    /// not say otherwise: programs rely on it.
    func differences(from inner: MapAttributes) -> [String] {
        guard type == inner.type else { return ["type \(type.name) instead of \(inner.type.name)"] }
        var differences: [String] = []
        func compare<Value: Equatable>(_ what: String, _ own: Value, _ wanted: Value) {
            if own != wanted { differences.append("\(what) \(own) instead of \(wanted)") }
        }
        compare("key size", keySize, inner.keySize)
        compare("value size", valueSize, inner.valueSize)
        compare("flags", "0x\(String(flags.rawValue, radix: 16))", "0x\(String(inner.flags.rawValue, radix: 16))")
        if type == .array && !flags.contains(.innerMap) || type == .perCPUArray {
            compare("max entries", maxEntries, inner.maxEntries)
        }
        return differences
    }
}
