import Synchronization

/// A prefix in an `LPMTrie`, or the place where two part ways.
///
///     | child 0, 32 bits | child 1 32 | parent 32 | prefix length 16 | kind 16 | data, whole words | value, whole words |
///
/// Children and parent are numbers of nodes, 0 for none. What readers follow is published with the link to it.
struct LPMNode {
    let address: UnsafeMutableRawPointer

    static let headerSize = 16

    enum Kind: UInt32 {
        /// Never used, or deleted.
        case none = 0
        /// Has a value.
        case element = 1
        /// Has two children and no value.
        case intermediate = 2
    }

    @inline(__always)
    func child(_ bit: Int) -> UnsafeMutablePointer<Atomic<UInt32>> { address.atomic32(4 &* bit) }

    @inline(__always)
    func next(_ bit: Int) -> Int { Int(child(bit).pointee.load(ordering: .acquiring)) }

    /// For writers only.
    var parent: Int {
        get { Int(address.atomic32(8).pointee.load(ordering: .relaxed)) }
        nonmutating set { address.atomic32(8).pointee.store(UInt32(newValue), ordering: .relaxed) }
    }

    @inline(__always)
    private var description: UnsafeMutablePointer<Atomic<UInt32>> { address.atomic32(12) }

    @inline(__always)
    var prefixLength: Int { Int(description.pointee.load(ordering: .relaxed) & 0xffff) }

    @inline(__always)
    var isElement: Bool { description.pointee.load(ordering: .acquiring) &>> 16 == Kind.element.rawValue }

    /// Under the map's lock. Who sees an element sees its value.
    func set(_ kind: Kind) { describe(kind, prefixLength) }

    private func describe(_ kind: Kind, _ prefixLength: Int) {
        description.pointee.store(kind.rawValue &<< 16 | UInt32(prefixLength), ordering: .releasing)
    }

    /// Under the map's lock; no reader gets here before there is a link.
    func initialize(_ kind: Kind, prefixLength: Int, children: (Int, Int)) {
        child(0).pointee.store(UInt32(children.0), ordering: .relaxed)
        child(1).pointee.store(UInt32(children.1), ordering: .relaxed)
        describe(kind, prefixLength)
    }

    @inline(__always)
    private func word(_ index: Int) -> UInt64 {
        UInt64(bigEndian: address.atomic64(Self.headerSize &+ 8 &* index).pointee.load(ordering: .relaxed))
    }

    /// Leading bits that the node's prefix and the key's have in common.
    @inline(__always)
    func match(_ key: LPMKey) -> Int {
        let limit = min(prefixLength, key.prefixLength)
        let difference = word(0) ^ key.first
        if difference != 0 || limit <= 64 { return min(limit, difference.leadingZeroBitCount) }
        return matchFurther(key, limit)
    }

    private func matchFurther(_ key: LPMKey, _ limit: Int) -> Int {
        var index = 1
        while 64 &* index < limit {
            let difference = word(index) ^ key.word(index)
            if difference != 0 { return min(limit, 64 &* index &+ difference.leadingZeroBitCount) }
            index &+= 1
        }
        return limit
    }

    /// Whether all bytes are the key's, those behind the prefix too.
    @inline(__always)
    func hasData(of key: LPMKey) -> Bool {
        for index in 0..<(key.bytes &+ 7) &>> 3 where word(index) != key.word(index) { return false }
        return true
    }

    /// Under the map's lock.
    func setData(_ key: LPMKey) { (address + Self.headerSize).storeWords(from: key.data, bytes: key.bytes) }

    /// Copies the key, with the data as it was last given.
    func copyKey(to key: UnsafeMutableRawPointer, dataBytes: Int) {
        key.storeBytes(of: UInt32(prefixLength), as: UInt32.self)
        (address + Self.headerSize).loadWords(to: key + LPMKey.headerSize, bytes: dataBytes)
    }
}
