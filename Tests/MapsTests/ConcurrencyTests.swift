import Glibc
import Maps
import Object
import Synchronization
import TestSupport
import Testing

/// Several threads at once; also run with the thread sanitizer.
@Suite(.serialized) struct ConcurrencyTests {
    static let rounds = 15_000

    private static func map(_ type: MapType, entries: Int, valueSize: Int = 16, workers: Int = 4)
        throws -> Map
    {
        let attributes = MapAttributes(
            type: type, keySize: 8, valueSize: valueSize, maxEntries: entries)
        return try Map(attributes, domain: WorkerDomain(workers: workers))
    }

    /// Three words that must agree: whose the value is, and one version of it twice.
    private static func value(_ key: UInt64, _ version: UInt64, words: Int) -> [UInt8] {
        bytes(key) + (1..<words).flatMap { _ in bytes(version) }
    }

    private static func agrees(_ value: [UInt8], _ key: UInt64) -> Bool {
        value.withUnsafeBytes { value in
            value.loadUnaligned(as: UInt64.self) == key
                && stride(from: 8, to: value.count, by: 8).allSatisfy {
                    value.loadUnaligned(fromByteOffset: $0, as: UInt64.self)
                        == value.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
                }
        }
    }

    /// Keys below 100 stay; others come and go. Nothing that stays is ever missed, nothing is ever another key's, and
    /// a value is never half old, half new.
    @Test(arguments: [1, 3, 6])
    func readersSeeWholeElements(_ words: Int) throws {
        let map = try Self.map(.hash, entries: 300, valueSize: 8 + 8 * words)
        for key in 0..<UInt64(100) { try map.update(bytes(key), Self.value(key, 0, words: words + 1)) }
        let failures = AtomicCells(3)
        concurrently(4) { thread in
            var random = SplitMix(spread: UInt64(thread))
            for round in 0..<UInt64(Self.rounds) {
                let key = UInt64.random(in: 0..<400, using: &random)
                if thread < 2 {
                    // One writes as user space, one as a program.
                    let value = Self.value(key, round, words: words + 1)
                    if key < 100 || Bool.random(using: &random) {
                        if thread == 0 {
                            try? map.update(bytes(key), value)
                        } else {
                            _ = map.core.update(bytes(key), value, flags: 0, slot: thread)
                        }
                    } else {
                        try? map.delete(bytes(key))
                    }
                } else {
                    do throws(MapError) {
                        if !Self.agrees(try map.lookup(bytes(key)), key) { failures[0] += 1 }
                    } catch {
                        if key < 100 || error != .noEntry { failures[1] += 1 }
                    }
                    if map.entryCount > 300 { failures[2] += 1 }
                }
            }
        }
        #expect((0..<3).map { failures[$0] } == [0, 0, 0])
    }

    /// Programs write values of 8 bytes without a lock, while the same keys are deleted and inserted by others: no write
    /// reaches another key's element.
    @Test(arguments: [MapType.hash, .perCPUHash, .lruHash, .lruPerCPUHash], [8, 16])
    func valuesStayTheirKeys(_ type: MapType, _ keySize: Int) throws {
        let attributes = MapAttributes(type: type, keySize: keySize, valueSize: 8, maxEntries: 300)
        let map = try Map(attributes, domain: WorkerDomain(workers: 3))
        let padding = [UInt8](repeating: 7, count: keySize - 8)
        // In a per-CPU map, zero for a worker that has not written since the element was inserted.
        let isPerCPU = map.isPerCPU
        let isOf: @Sendable (UInt64, UInt64) -> Bool = { $1 >> 32 == $0 || isPerCPU && $1 == 0 }
        let failures = AtomicCells(1)
        concurrently(4) { thread in
            var random = SplitMix(spread: UInt64(thread) + 21)
            if thread < 3 { map.domain.online(thread) }
            for round in 0..<UInt64(Self.rounds) {
                let word = UInt64.random(in: 1...200, using: &random)
                let key = bytes(word) + padding
                switch thread {
                case 0...1:
                    _ = map.core.update(key, bytes(word << 32 | round), flags: round & 2, slot: thread)
                    if let value = map.core.lookup(key, slot: thread) {
                        let seen = value.assumingMemoryBound(to: Atomic<UInt64>.self).pointee.load(ordering: .relaxed)
                        if !isOf(word, seen) { failures[0] += 1 }
                    }
                case 2:
                    if round % 4 > 0 { _ = map.core.delete(key, slot: thread) }
                default:
                    let value = (try? map.lookup(key)) ?? []
                    for offset in stride(from: 0, to: value.count, by: 8) {
                        let seen = value.withUnsafeBytes {
                            $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                        }
                        if !isOf(word, seen) { failures[0] += 1 }
                    }
                }
                if thread < 3, round % 64 == 0 { map.domain.quiescent(thread) }
            }
            if thread < 3 { map.domain.offline(thread) }
        }
        #expect(failures[0] == 0)
    }

    /// Walks while others insert and delete: complete for what lives through them, and they end.
    @Test(arguments: [MapType.hash, .perCPUHash, .lruHash])
    func walksAreComplete(_ type: MapType) throws {
        let map = try Self.map(type, entries: 1000, valueSize: 8)
        let size = map.userValueSize
        for key in 0..<UInt64(200) { try map.update(bytes(key), [UInt8](repeating: 1, count: size)) }
        let done = Atomic<Bool>(false)
        let failures = AtomicCells(2)
        concurrently(3) { thread in
            if thread > 0 {
                var random = SplitMix(spread: UInt64(thread))
                let value = [UInt8](repeating: 2, count: size)
                while !done.load(ordering: .relaxed) {
                    let key = UInt64.random(in: 200..<1000, using: &random)
                    if Bool.random(using: &random) {
                        try? map.update(bytes(key), value)
                    } else {
                        try? map.delete(bytes(key))
                    }
                }
                return
            }
            for _ in 0..<Self.rounds / 500 {
                var met = [Int](repeating: 0, count: 200)
                var others: Set<UInt64> = []
                try? map.forEach { key, value in
                    let key = key.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
                    if key < 200 { met[Int(key)] += 1 } else { others.insert(key) }
                    if key >= 1000 || value.contains(where: { $0 != (key < 200 ? 1 : 2) }) {
                        failures[1] += 1
                    }
                    return true
                }
                if met.contains(where: { $0 != 1 }) { failures[0] += 1 }
            }
            done.store(true, ordering: .relaxed)
        }
        #expect(failures[0] == 0, "met other than once")
        #expect(failures[1] == 0, "wrong key or value")
    }

    /// Everybody inserts into too small a map.
    @Test(arguments: [MapType.hash, .perCPUHash])
    func neverMoreThanMaxEntries(_ type: MapType) throws {
        let map = try Self.map(type, entries: 50, valueSize: 8)
        let inserted = Atomic<Int>(0)
        let deleted = Atomic<Int>(0)
        let excess = Atomic<Int>(0)
        concurrently(4) { thread in
            var random = SplitMix(spread: UInt64(thread) + 99)
            for _ in 0..<Self.rounds {
                let key = bytes(UInt64.random(in: 0..<80, using: &random))
                if UInt8.random(in: 0..<3, using: &random) > 0 {
                    if map.core.update(key, bytes(UInt64(1)), flags: 1, slot: thread) == 0 {
                        inserted.wrappingAdd(1, ordering: .relaxed)
                    }
                } else if map.core.delete(key, slot: thread) == 0 {
                    deleted.wrappingAdd(1, ordering: .relaxed)
                }
                if map.entryCount > 50 { excess.wrappingAdd(1, ordering: .relaxed) }
            }
        }
        #expect(excess.load(ordering: .relaxed) == 0)
        #expect(map.entryCount == inserted.load(ordering: .relaxed) - deleted.load(ordering: .relaxed))
        #expect(try map.entries(limit: 1000).count == map.entryCount)
    }

    /// Exactly one of those who insert the same key with BPF_NOEXIST succeeds.
    @Test func oneInsertWins() throws {
        let map = try Self.map(.hash, entries: Self.rounds / 10, valueSize: 8)
        let wins = Atomic<Int>(0)
        concurrently(4) { thread in
            for key in 0..<UInt64(Self.rounds / 10)
            where map.core.update(bytes(key), bytes(key), flags: 1, slot: thread) == 0 {
                wins.wrappingAdd(1, ordering: .relaxed)
            }
        }
        #expect(wins.load(ordering: .relaxed) == Self.rounds / 10)
        #expect(map.entryCount == Self.rounds / 10)
    }

    /// Workers hold addresses for a burst while all of them delete and insert: what they hold stays their key's.
    @Test func addressesHoldUntilTheQuiescentPoint() throws {
        let workers = 3
        let map = try Self.map(.hash, entries: 2000, valueSize: 8, workers: workers)
        let domain = map.domain
        let failures = Atomic<Int>(0)
        // Deletions since the last moment at which all workers had passed a quiescent point: below the spare slots.
        let deletions = Atomic<Int>(0)
        let settled = Atomic<UInt64>(0)
        for key in 0..<UInt64(1000) { try map.update(bytes(key), bytes(key)) }
        concurrently(workers) { worker in
            var random = SplitMix(spread: UInt64(worker) + 7)
            domain.online(worker)
            for _ in 0..<Self.rounds / 64 {
                var held: [(UInt64, UnsafeMutableRawPointer)] = []
                for _ in 0..<64 {
                    let key = UInt64.random(in: 0..<1500, using: &random)
                    if let address = map.core.lookup(bytes(key), slot: worker) { held.append((key, address)) }
                    let other = UInt64.random(in: 0..<1500, using: &random)
                    if Bool.random(using: &random) {
                        _ = map.core.update(bytes(other), bytes(other), flags: 0, slot: worker)
                    } else if deletions.load(ordering: .relaxed) < 3900 {
                        deletions.wrappingAdd(1, ordering: .relaxed)
                        _ = map.core.delete(bytes(other), slot: worker)
                    }
                }
                for (key, address) in held
                where address.assumingMemoryBound(to: Atomic<UInt64>.self).pointee.load(ordering: .relaxed)
                    != key
                {
                    failures.wrappingAdd(1, ordering: .relaxed)
                }
                domain.quiescent(worker)
                let target = settled.load(ordering: .acquiring)
                if domain.hasPassed(target),
                    settled.compareExchange(expected: target, desired: .max, ordering: .acquiringAndReleasing)
                        .exchanged
                {
                    deletions.store(0, ordering: .relaxed)
                    settled.store(domain.retire(), ordering: .releasing)
                }
            }
            domain.offline(worker)
        }
        withExtendedLifetime(map) {}
        #expect(failures.load(ordering: .relaxed) == 0)
    }

    @Test(arguments: [MapType.array, .perCPUArray])
    func arraysFromAllSides(_ type: MapType) throws {
        let attributes = MapAttributes(type: type, keySize: 4, valueSize: 8, maxEntries: 8)
        let map = try Map(attributes, domain: WorkerDomain(workers: 2))
        let failures = Atomic<Int>(0)
        concurrently(4) { thread in
            for round in 0..<UInt64(Self.rounds) {
                let index = UInt32(round % 8)
                let word = UInt64(index) << 32 | round & 0xffff_ffff
                if thread < 2 {
                    _ = map.core.update(bytes(index), bytes(word), flags: 0, slot: thread)
                } else if let value = try? map.lookup(bytes(index)) {
                    for offset in stride(from: 0, to: value.count, by: 8) {
                        let seen = value.withUnsafeBytes {
                            $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                        }
                        if seen != 0 && seen >> 32 != index { failures.wrappingAdd(1, ordering: .relaxed) }
                    }
                }
            }
        }
        #expect(failures.load(ordering: .relaxed) == 0)
    }
}
