import Object
import Synchronization

/// A trie for longest prefix matches, path-compressed as Linux's: kernel/bpf/lpm_trie.c.
///
/// The tree of nodes is for writers and for the order of walks. A lookup does not begin at its root:
///
/// - `tops`, indexed by the first `topBits` bits of a key, leads to the topmost node whose prefix begins with these bits
///   and is at least as long;
/// - `shorts` has the elements with shorter prefixes: the one of length n with the bits b is at index `1 << n | b`.
///   `shortLengths` tells which lengths there are.
///
/// Random prefixes are found within one or two nodes, so that a lookup costs little more than a hash's.
///
/// Lookups take no lock. Inserting and deleting take the map's, as does all that user space does. A program overwrites
/// a value of up to 8 bytes with one store. A node that is deleted waits for a quiescent point of all other workers
/// (`LPMNursery`), so that nobody is at it when it becomes another prefix's.
///
/// Lives in memory of its own; `LPMMap` points to it.
struct LPMTrie: ~Copyable {
    private let nodes: UnsafeMutableRawPointer
    private let nodeStride: Int
    let tops: UnsafeMutablePointer<Atomic<UInt32>>
    let shorts: UnsafeMutablePointer<Atomic<UInt32>>
    let topBits: Int
    let dataBytes: Int
    let valueOffset: Int
    let nodeCount: Int
    let valueSize: Int
    let maxEntries: Int
    let hasWordValues: Bool
    let domain: Unmanaged<WorkerDomain>
    let nursery: UnsafeMutablePointer<LPMNursery>
    let shortLengths = Atomic<UInt32>(0)
    let root = Atomic<UInt32>(0)
    let lock = SpinLock()
    let count = Atomic<Int>(0)

    init(_ layout: LPMLayout, base: UnsafeMutableRawPointer, attributes: MapAttributes, domain: WorkerDomain) {
        nodes = base + layout.nodes
        nodeStride = layout.nodeStride
        tops = (base + layout.tops).assumingMemoryBound(to: Atomic<UInt32>.self)
        shorts = (base + layout.shorts).assumingMemoryBound(to: Atomic<UInt32>.self)
        topBits = layout.topBits
        dataBytes = layout.dataBytes
        valueOffset = layout.valueOffset
        nodeCount = layout.nodeCount
        valueSize = attributes.valueSize
        maxEntries = attributes.maxEntries
        hasWordValues = attributes.valueSize <= 8
        self.domain = .passUnretained(domain)
        nursery = (base + layout.trie + MemoryLayout<LPMTrie>.stride).bindMemory(to: LPMNursery.self, capacity: 1)
        nursery.initialize(
            to: LPMNursery(
                stamps: (base + layout.stamps).assumingMemoryBound(to: UInt64.self),
                queue: (base + layout.queue).assumingMemoryBound(to: UInt32.self), capacity: layout.nodeCount))
    }

    var maxPrefixLength: Int { 8 &* dataBytes }

    @inline(__always)
    func node(_ number: Int) -> LPMNode { LPMNode(address: nodes + number &* nodeStride) }

    @inline(__always)
    func value(_ number: Int) -> UnsafeMutableRawPointer { nodes + number &* nodeStride + valueOffset }

    @inline(__always)
    func key(_ key: UnsafeRawPointer) -> LPMKey { LPMKey(key, dataBytes: dataBytes) }

    var valueRegion: MapCore.ValueRegion {
        MapCore.ValueRegion(base: value(0), bytes: nodeCount &* nodeStride &- valueOffset, stride: nodeStride)
    }

    /// Hot path. The number of the element with the longest prefix that the key begins with, 0 for none.
    @inline(__always)
    func find(_ key: LPMKey) -> Int {
        let length = key.prefixLength
        guard length <= maxPrefixLength else { return 0 }
        var found = 0
        if length >= topBits {
            var number = Int(tops[key.leading(topBits)].load(ordering: .acquiring))
            var last = -1
            while number != 0 {
                let node = node(number)
                let prefixLength = node.prefixLength
                guard prefixLength > last, node.match(key) == prefixLength else { break }
                if node.isElement { found = number }
                guard prefixLength < length else { break }
                last = prefixLength
                number = node.next(key.bit(prefixLength))
            }
        }
        return found != 0 ? found : findShort(key, upTo: length)
    }

    @inline(__always)
    private func findShort(_ key: LPMKey, upTo length: Int) -> Int {
        var lengths = shortLengths.load(ordering: .acquiring)
        if length < topBits { lengths &= 2 &<< UInt32(truncatingIfNeeded: length) &- 1 }
        while lengths != 0 {
            let longest = 31 &- lengths.leadingZeroBitCount
            let number = short(key, longest).pointee.load(ordering: .acquiring)
            if number != 0 { return Int(number) }
            lengths &= ~(1 &<< UInt32(truncatingIfNeeded: longest))
        }
        return 0
    }

    @inline(__always)
    func short(_ key: LPMKey, _ length: Int) -> UnsafeMutablePointer<Atomic<UInt32>> {
        shorts + (1 &<< length | key.leading(length))
    }

    /// Hot path. The number of the element with this very prefix, 0 for none.
    @inline(__always)
    func findExactly(_ key: LPMKey) -> Int {
        let length = key.prefixLength
        guard length <= maxPrefixLength else { return 0 }
        if length < topBits { return Int(short(key, length).pointee.load(ordering: .acquiring)) }
        let number = find(key)
        return number != 0 && node(number).prefixLength == length ? number : 0
    }
}
