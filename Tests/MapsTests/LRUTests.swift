import Glibc
import Object
import TestSupport
import Testing

@testable import Maps

/// Maps that evict: approximately who was used least recently, as on Linux.
@Suite struct LRUTests {
    static let types: [MapType] = [.lruHash, .lruPerCPUHash]

    private func map(_ type: MapType, entries: Int, flags: MapFlags = []) throws -> Map {
        let attributes = MapAttributes(type: type, keySize: 8, valueSize: 8, maxEntries: entries, flags: flags)
        return try Map(attributes, domain: WorkerDomain(workers: 2))
    }

    private func put(_ map: Map, _ key: UInt64, flags: UInt64 = 0) -> Int64 {
        map.core.update(bytes(key), bytes(key), flags: flags, slot: 0)
    }

    private func find(_ map: Map, _ key: UInt64) -> UInt64? {
        map.core.lookup(bytes(key), slot: 0)?.load(as: UInt64.self)
    }

    @Test(arguments: types, [1, 7, 500])
    func aFullMapTakesMore(_ type: MapType, _ entries: Int) throws {
        let map = try map(type, entries: entries, flags: [.noCommonLRU])
        for key in 0..<UInt64(3 * entries) {
            check(put(map, key, flags: 1) == 0)
            check(find(map, key) == key, "the newest is there")
            check(map.entryCount == min(Int(key) + 1, entries))
        }
        let batch = try map.entries(limit: entries)
        #expect(batch.count == entries)
        withExtendedLifetime(map) {}
    }

    /// Looked up, updated or refused with BPF_NOEXIST: all are uses by a program.
    @Test(arguments: types)
    func whatIsUsedStays(_ type: MapType) throws {
        let map = try map(type, entries: 3000)
        for key in 0..<UInt64(3000) { check(put(map, key) == 0) }
        for newcomer in UInt64(10_000)..<40_000 {
            if newcomer % 500 == 0 {
                for key in 0..<UInt64(100) { check(find(map, key) == key) }
                for key in UInt64(100)..<200 { check(put(map, key, flags: 2) == 0) }
                for key in UInt64(200)..<300 { check(put(map, key, flags: 1) == -17) }
            }
            check(put(map, newcomer, flags: 1) == 0)
        }
        for key in 0..<UInt64(300) { check(find(map, key) == key) }
        #expect((UInt64(300)..<3000).allSatisfy { find(map, $0) == nil })
        withExtendedLifetime(map) {}
    }

    /// As on Linux, where a dump does not change who goes first.
    @Test(arguments: types)
    func readingFromUserSpaceIsNoUse(_ type: MapType) throws {
        let map = try map(type, entries: 1000)
        for key in 0..<UInt64(1000) { check(put(map, key) == 0) }
        for newcomer in UInt64(10_000)..<20_000 {
            if newcomer % 100 == 0 {
                for key in 0..<UInt64(100) { _ = try? map.lookup(bytes(key)) }
                _ = try map.entries(limit: 1000)
            }
            check(put(map, newcomer) == 0)
        }
        #expect((0..<UInt64(100)).allSatisfy { find(map, $0) == nil })
    }

    /// However many are in use, an insertion looks at few buckets: the hand stays near.
    @Test(arguments: types)
    func theHandDoesNotGoFar(_ type: MapType) throws {
        let map = try map(type, entries: 6000)
        guard case .hash(let hash) = map.core.kind else { return }
        let table = hash.table
        for key in 0..<UInt64(6000) { check(put(map, key) == 0) }
        for newcomer in UInt64(10_000)..<10_040 {
            for key in 0..<UInt64(6000) { _ = find(map, key) }
            let before = table.pointee.writers[0].hand.load(ordering: .relaxed)
            check(put(map, newcomer) == 0)
            let buckets = Int(table.pointee.buckets)
            let way = (table.pointee.writers[0].hand.load(ordering: .relaxed) - before + buckets) % buckets
            check(way < 200, "\(way)")
        }
        withExtendedLifetime(map) {}
    }

    /// An evicted element's slot is another key's only after a quiescent point.
    @Test(arguments: types)
    func evictedSlotsWait(_ type: MapType) throws {
        let map = try map(type, entries: 100)
        map.domain.online(0)
        var next: UInt64 = 0
        for _ in 0..<30 {
            var held: [(UInt64, UnsafeMutableRawPointer)] = []
            for _ in 0..<2000 {
                check(put(map, next) == 0)
                held.append((next, try #require(map.core.lookup(bytes(next), slot: 0))))
                next += 1
            }
            for (key, address) in held { check(address.load(as: UInt64.self) == key) }
            map.domain.quiescent(0)
        }
        map.domain.offline(0)
    }

    /// What a program writes to waits for the bucket's lock, under which a slot becomes another key's.
    @Test(arguments: types)
    func updatesTakeTheBucketsLock(_ type: MapType) throws {
        let map = try map(type, entries: 10)
        check(put(map, 5) == 0)
        guard case .hash(let hash) = map.core.kind else { return }
        let key = OneWordKey(5)
        let found = hash.table.pointee.find(key, key.hash(hash.table.pointee.secret))
        let place = try #require(found)
        nonisolated(unsafe) let header = hash.table.pointee.header(place.bucket)
        let isLocked = header.tryLock(place.version)
        #expect(isLocked)
        let seen = AtomicCells(2)
        concurrently(2) { thread in
            if thread == 0 {
                _ = map.core.update(bytes(UInt64(5)), bytes(UInt64(6)), flags: 2, slot: 0)
                seen[0] = 1
                return
            }
            usleep(50_000)
            seen[1] = seen[0]
            header.unlock()
        }
        #expect(seen[0] == 1)
        #expect(seen[1] == 0, "while the bucket was locked")
        #expect(find(map, 5) == 6)
    }

    /// All threads insert into a full map: nobody is refused, and it stays full.
    @Test(arguments: types)
    func evictionFromAllSides(_ type: MapType) throws {
        let map = try map(type, entries: 64)
        let failures = AtomicCells(2)
        concurrently(3) { thread in
            var random = SplitMix(spread: UInt64(thread) + 3)
            for _ in 0..<15_000 {
                let key = UInt64.random(in: 0..<1000, using: &random)
                if thread < 2 {
                    if map.core.update(bytes(key), bytes(key), flags: 0, slot: thread) != 0 { failures[0] += 1 }
                } else {
                    if let value = try? map.lookup(bytes(key)) {
                        let words = value.withUnsafeBytes { Array($0.bindMemory(to: UInt64.self)) }
                        if words.contains(where: { $0 != key && $0 != 0 }) { failures[1] += 1 }
                    }
                }
                if map.entryCount > 64 { failures[1] += 1 }
            }
        }
        #expect(failures[0] == 0)
        #expect(failures[1] == 0)
        #expect(try map.entries(limit: 100).count == 64)
    }
}
