/// A Bloom filter.
///
/// Trivially copyable; valid while its `Map` lives.
struct BloomMap {
    let filter: UnsafeMutablePointer<BloomFilter>

    @inline(__always)
    init(_ filter: UnsafeMutablePointer<BloomFilter>) { self.filter = filter }

    func push(_ value: UnsafeRawPointer, flags: UInt64) -> MapStatus {
        guard flags == UpdateMode.any.rawValue else { return .invalid }
        filter.pointee.insert(value)
        return .done
    }

    func contains(_ value: UnsafeRawPointer) -> MapStatus { filter.pointee.mayContain(value) ? .done : .noEntry }

    private var bytes: Int { Int(filter.pointee.mask / 8) + 1 }

    /// Takes the hashes and the bits of a filter of the same attributes.
    func copy(_ other: BloomMap) {
        filter.pointee.secret = other.filter.pointee.secret
        let bits = filter.pointee.bits
        for offset in stride(from: 0, to: bytes, by: 8) {
            let word = other.filter.pointee.bits.atomic64(offset).pointee.load(ordering: .relaxed)
            // Most are zero, and their pages need not be there.
            if word != 0 { bits.atomic64(offset).pointee.store(word, ordering: .relaxed) }
        }
    }
}

extension BloomMap: KeylessStorage {
    /// What is in it can't be told.
    var elements: Int { 0 }

    func read(_ key: UnsafeRawPointer, into value: UnsafeMutableRawPointer) -> Bool { false }

    func write(_ key: UnsafeRawPointer, _ value: UnsafeRawPointer, flags: UInt64) -> MapStatus {
        push(value, flags: flags)
    }

    func remove(_ key: UnsafeRawPointer) -> MapStatus { .noOperation }

    func clear() { filter.pointee.bits.storeZeros(bytes: bytes) }

    func next(from position: inout Int, key: UnsafeMutableRawPointer, value: UnsafeMutableRawPointer?) -> Bool { false }
}
