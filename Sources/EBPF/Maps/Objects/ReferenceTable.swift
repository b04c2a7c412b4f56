import Object

/// What workers see of a map of maps, of programs or of redirect targets: for each element one word, the address of a
/// `MapCore`, of a program's core or of a `RedirectTarget`; 0 where there is no element.
///
/// Elements with keys of their own have their words in a hash table, and in `words` besides, in no order. User space alone
/// writes, under `References`' lock. Lives in the map's memory.
struct ReferenceTable {
    let words: UnsafeMutableRawPointer
    let count: UInt32
    let hash: HashMap?
    let hashFunctions: MapFunctions?
    /// Owned by the map.
    let references: Unmanaged<References>

    /// The word of an element, or 0. Hot path: the load makes all visible that was written before the element was set.
    @inline(__always)
    func word(at index: UInt32) -> UInt {
        guard index < count else { return 0 }
        return UInt(words.atomic64(Int(index) &* 8).pointee.load(ordering: .acquiring))
    }

    /// The same by a key of the map's size.
    @inline(__always)
    func word(_ key: UnsafeRawPointer, slot: Int) -> UInt {
        guard let hashFunctions else { return word(at: key.loadUnaligned(as: UInt32.self)) }
        guard let place = hashFunctions.lookup(hashFunctions.map, key, slot) else { return 0 }
        return UInt(place.atomic64().pointee.load(ordering: .acquiring))
    }
}

/// A map whose elements refer to objects.
///
/// Trivially copyable; valid while its `Map` lives.
struct ReferenceMap {
    let table: UnsafeMutablePointer<ReferenceTable>

    static func functions(_ table: UnsafeMutablePointer<ReferenceTable>) -> MapFunctions {
        MapFunctions(
            map: UnsafeMutableRawPointer(table),
            lookup: { map, key, slot in
                UnsafeMutableRawPointer(
                    bitPattern: map.assumingMemoryBound(to: ReferenceTable.self).pointee.word(key, slot: slot))
            },
            update: { _, _, _, _, _ in MapStatus.invalid.result }, delete: { _, _, _ in MapStatus.invalid.result })
    }

    @inline(__always)
    func withReferences<Result>(_ body: (References) -> Result) -> Result {
        table.pointee.references._withUnsafeGuaranteedRef(body)
    }
}

extension ReferenceMap: MapStorage {
    var elements: Int { withReferences { $0.count } }

    func read(_ key: UnsafeRawPointer, into value: UnsafeMutableRawPointer) -> Bool {
        withReferences { $0.copy($0.bytes(key), to: value) }
    }

    func readExactly(_ key: UnsafeRawPointer, into value: UnsafeMutableRawPointer) -> Bool { read(key, into: value) }

    func write(_ key: UnsafeRawPointer, _ value: UnsafeRawPointer, flags: UInt64) -> MapStatus {
        withReferences { $0.set($0.bytes(key), value: value, flags: flags) }
    }

    func remove(_ key: UnsafeRawPointer) -> MapStatus { withReferences { $0.remove($0.bytes(key)) } }

    func clear() { withReferences { $0.removeAll() } }

    /// Of an array every index, as on Linux.
    func nextKey(after key: UnsafeRawPointer?, into next: UnsafeMutableRawPointer) -> Bool {
        if table.pointee.hash == nil {
            let index = key.map { $0.loadUnaligned(as: UInt32.self) }
            let following = index.map { $0 < table.pointee.count ? $0 + 1 : 0 } ?? 0
            guard following < table.pointee.count else { return false }
            next.storeBytes(of: following, as: UInt32.self)
            return true
        }
        var position = key.flatMap { key in withReferences { $0.position($0.bytes(key)) } }.map { $0 + 1 } ?? 0
        return self.next(from: &position, key: next, value: nil)
    }

    func next(from position: inout Int, key: UnsafeMutableRawPointer, value: UnsafeMutableRawPointer?) -> Bool {
        var place = max(position, 0)
        while place < Int(table.pointee.count) {
            if table.pointee.word(at: UInt32(place)) != 0,
                withReferences({ $0.copyElement(at: place, key: key, value: value) })
            {
                position = place + 1
                return true
            }
            place += 1
        }
        return false
    }
}

extension MapCore {
    /// The address that an element of a map of objects holds, or 0: of a program's core, of a `MapCore`. Hot path.
    @inline(__always)
    public func object(at index: UInt32) -> UInt {
        guard case .references(let map) = kind, map.table.pointee.hash == nil else { return 0 }
        return map.table.pointee.word(at: index)
    }

    /// Where an element of a devmap, cpumap or xskmap leads; nil where there is none. Hot path.
    @inline(__always)
    public func redirectTarget(_ key: UInt32, slot: Int) -> UnsafePointer<RedirectTarget>? {
        guard case .references(let map) = kind else { return nil }
        let word = withUnsafePointer(to: key) { map.table.pointee.word($0, slot: slot) }
        return UnsafePointer(bitPattern: word)
    }

    /// The first target at or behind `position`, which moves behind it; nil at the end. Without locks, for broadcasts:
    /// who starts at 0 meets every element that is there all the time once.
    @inline(__always)
    public func nextRedirectTarget(from position: inout Int) -> UnsafePointer<RedirectTarget>? {
        guard case .references(let map) = kind else { return nil }
        while position < Int(map.table.pointee.count) {
            let word = map.table.pointee.word(at: UInt32(truncatingIfNeeded: position))
            position &+= 1
            if let target = UnsafePointer<RedirectTarget>(bitPattern: word) { return target }
        }
        return nil
    }

    /// Whether an address is that of a map in this one, now or until a moment ago.
    public func holdsMap(_ address: UInt) -> Bool {
        guard type.holdsMaps, case .references(let map) = kind else { return false }
        return map.withReferences { $0.mayBeUsed(address) }
    }

    /// The memory that a program has found by a lookup in this map, in which all of `bytes` bytes from `address` lie: a
    /// value of a map in it, or a redirect target. For accesses that are checked as they are made.
    public func referencedValue(_ address: UnsafeRawPointer, bytes: Int) -> ReferencedValue? {
        guard case .references(let map) = kind else { return nil }
        return map.withReferences { $0.value(address, bytes: bytes) }
    }
}

/// A value that a map's element leads to.
public struct ReferencedValue: Hashable, Sendable {
    public let start: UInt
    public let bytes: Int
    public let isReadable: Bool
    public let isWritable: Bool
}
