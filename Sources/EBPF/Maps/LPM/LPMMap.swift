import Object

/// A map of prefixes: kernel/bpf/lpm_trie.c.
///
/// Trivially copyable; valid while its `Map` lives.
struct LPMMap {
    let trie: UnsafeMutablePointer<LPMTrie>

    @inline(__always)
    init(_ trie: UnsafeMutablePointer<LPMTrie>) { self.trie = trie }

    @inline(__always)
    private init(_ trie: UnsafeMutableRawPointer) { self.trie = trie.assumingMemoryBound(to: LPMTrie.self) }

    var functions: MapFunctions {
        MapFunctions(
            map: UnsafeMutableRawPointer(trie),
            lookup: { map, key, _ in LPMMap(map).lookup(key) },
            update: { map, key, value, flags, slot in
                let map = LPMMap(map)
                return map.trie.pointee.update(map.key(key), value, flags: flags, worker: slot).result
            },
            delete: { map, key, _ in LPMMap(map).remove(key).result })
    }

    @inline(__always)
    private func key(_ key: UnsafeRawPointer) -> LPMKey { trie.pointee.key(key) }

    /// Hot path.
    @inline(__always)
    private func lookup(_ key: UnsafeRawPointer) -> UnsafeMutableRawPointer? {
        let number = trie.pointee.find(self.key(key))
        return number == 0 ? nil : trie.pointee.value(number)
    }
}

extension LPMMap: MapStorage {
    var elements: Int { trie.pointee.count.load(ordering: .relaxed) }

    /// The value of the longest prefix of the key.
    func read(_ key: UnsafeRawPointer, into value: UnsafeMutableRawPointer) -> Bool {
        trie.pointee.lock.lock()
        defer { trie.pointee.lock.unlock() }
        return copy(trie.pointee.find(self.key(key)), to: value)
    }

    func readExactly(_ key: UnsafeRawPointer, into value: UnsafeMutableRawPointer) -> Bool {
        trie.pointee.lock.lock()
        defer { trie.pointee.lock.unlock() }
        return copy(trie.pointee.findExactly(self.key(key)), to: value)
    }

    private func copy(_ number: Int, to value: UnsafeMutableRawPointer) -> Bool {
        guard number != 0 else { return false }
        trie.pointee.value(number).loadWords(to: value, bytes: trie.pointee.valueSize)
        return true
    }

    func write(_ key: UnsafeRawPointer, _ value: UnsafeRawPointer, flags: UInt64) -> MapStatus {
        let status = trie.pointee.update(self.key(key), value, flags: flags, worker: nil)
        guard status == .noMemory, trie.pointee.domain._withUnsafeGuaranteedRef({ $0.waitForQuiescence() }) else {
            return status
        }
        return trie.pointee.update(self.key(key), value, flags: flags, worker: nil)
    }

    func remove(_ key: UnsafeRawPointer) -> MapStatus { trie.pointee.delete(self.key(key)) }

    func clear() { trie.pointee.clear() }

    func nextKey(after key: UnsafeRawPointer?, into next: UnsafeMutableRawPointer) -> Bool {
        trie.pointee.nextKey(after: key.map { self.key($0) }, into: next)
    }

    func next(from position: inout Int, key: UnsafeMutableRawPointer, value: UnsafeMutableRawPointer?) -> Bool {
        trie.pointee.next(from: &position, key: key, value: value)
    }
}
