import Maps
import Object
import TestSupport
import Testing

/// A program may hold an element's address until its worker's quiescent point.
@Suite struct TypeStabilityTests {
    private func map(_ type: MapType, entries: Int, domain: WorkerDomain) throws -> Map {
        try Map(MapAttributes(type: type, keySize: 8, valueSize: 8, maxEntries: entries), domain: domain)
    }

    /// A value that says whose it is.
    private func put(_ map: Map, _ key: UInt64) -> Int64 { map.core.update(bytes(key), bytes(key), flags: 0, slot: 0) }

    private func address(_ map: Map, _ key: UInt64) -> UnsafeMutableRawPointer? { map.core.lookup(bytes(key), slot: 0) }

    @Test(arguments: [MapType.hash, .perCPUHash, .lruHash, .lruPerCPUHash], [1, 64, 5000, 40_000])
    func deletedSlotsAreNotReusedBeforeAQuiescentPoint(_ type: MapType, _ entries: Int) throws {
        let domain = WorkerDomain()
        let map = try map(type, entries: entries, domain: domain)
        domain.online(0)
        // An LRU map has few elements to evict from: it has no more than 64 spare slots for each.
        let isLRU = type == .lruHash || type == .lruPerCPUHash
        let spare = min(max(4096, entries / 4), isLRU ? 64 * entries : .max)
        var first: Set<UnsafeMutableRawPointer> = []
        var reused = 0
        for burst in 0..<UInt64(6) {
            var held: [UInt64: UnsafeMutableRawPointer] = [:]
            for key in burst << 32..<burst << 32 + UInt64(spare) - 1 {
                check(put(map, key) == 0)
                held[key] = address(map, key)
                check(map.core.delete(bytes(key), slot: 0) == 0)
            }
            let places = Set(held.values)
            #expect(places.count == spare - 1, "no slot was given to a second key")
            for (key, address) in held { check(address.load(as: UInt64.self) == key) }
            if burst == 0 { first = places } else { reused += places.intersection(first).count }
            domain.quiescent(0)
        }
        // In six bursts the table runs out of slots that were never used.
        #expect(reused > 0 || entries > 3 * spare)
        domain.offline(0)
    }

    /// However often, in one run: without a quiescent point, far beyond the spare slots.
    @Test(arguments: [MapType.hash, .perCPUHash], [1, 3, 1000])
    func deleteThenInsertOnAFullMapSucceeds(_ type: MapType, _ entries: Int) throws {
        let domain = WorkerDomain()
        let map = try map(type, entries: entries, domain: domain)
        let rounds = 12_000
        domain.online(0)
        for key in 0..<UInt64(entries) { check(put(map, key) == 0) }
        for round in 0..<UInt64(rounds) {
            check(put(map, round + UInt64(entries)) == -7, "full")
            check(map.core.delete(bytes(round), slot: 0) == 0)
            check(put(map, round + UInt64(entries)) == 0)
            check(map.entryCount == entries)
        }
        for key in UInt64(rounds)..<UInt64(rounds + entries) {
            check(address(map, key)?.load(as: UInt64.self) == key)
        }
        domain.offline(0)
        withExtendedLifetime(map) {}
    }

    /// So that a program that deletes and inserts a key uses no spare slots.
    @Test func aKeyGetsItsOwnSlotBack() throws {
        let domain = WorkerDomain()
        let map = try map(.hash, entries: 16, domain: domain)
        domain.online(0)
        #expect(put(map, 5) == 0)
        let first = address(map, 5)
        for _ in 0..<10_000 {
            check(map.core.delete(bytes(UInt64(5)), slot: 0) == 0)
            check(address(map, 5) == nil)
            check(put(map, 5) == 0)
            check(address(map, 5) == first)
        }
        domain.offline(0)
    }

    @Test(arguments: [MapType.hash, .perCPUHash, .lruHash, .lruPerCPUHash])
    func elementsNeverMove(_ type: MapType) throws {
        let domain = WorkerDomain()
        let map = try map(type, entries: 5000, domain: domain)
        for key in 0..<UInt64(1000) { check(put(map, key) == 0) }
        let places = (0..<UInt64(1000)).map { address(map, $0) }
        var random = SplitMix(spread: 1)
        for _ in 0..<20_000 {
            let key = UInt64.random(in: 1000..<4000, using: &random)
            if Bool.random(using: &random) { _ = put(map, key) } else { _ = map.core.delete(bytes(key), slot: 0) }
        }
        for key in 0..<UInt64(1000) {
            check(address(map, key) == places[Int(key)])
            check(address(map, key)?.load(as: UInt64.self) == key)
        }
        withExtendedLifetime(map) {}
    }

    /// A worker that held a deleted slot for long keeps only that many from being reused.
    @Test func spareSlotsComeBack() throws {
        let domain = WorkerDomain()
        let map = try map(.hash, entries: 100, domain: domain)
        domain.online(0)
        var next: UInt64 = 0
        for burst in 0..<100 {
            var held: [(UInt64, UnsafeMutableRawPointer)] = []
            for _ in 0..<256 {
                check(put(map, next) == 0)
                held.append((next, try #require(address(map, next))))
                check(map.core.delete(bytes(next), slot: 0) == 0)
                next += 1
            }
            for (key, address) in held { check(address.load(as: UInt64.self) == key, "burst \(burst)") }
            domain.quiescent(0)
        }
        domain.offline(0)
        withExtendedLifetime(map) {}
    }
}
