import Glibc
import Maps
import Object
import Synchronization
import TestSupport
import Testing

/// What happens when more elements are deleted than there are spare slots while workers may hold their addresses.
@Suite(.serialized) struct SlotReuseTests {
    private func map(_ type: MapType, entries: Int, workers: Int = 2) throws -> Map {
        let keySize = type == .lpmTrie ? 12 : 8
        let attributes = MapAttributes(
            type: type, keySize: keySize, valueSize: 8, maxEntries: entries,
            flags: type == .lpmTrie ? [.noPrealloc] : [])
        return try Map(attributes, domain: WorkerDomain(workers: workers))
    }

    private func key(_ map: Map, _ number: UInt64) -> [UInt8] {
        map.attributes.type == .lpmTrie ? bytes(UInt32(64)) + bytes(number) : bytes(number)
    }

    /// Deletes the oldest and inserts another, in a full map; the number of insertions until one fails, and how.
    private func churn(_ map: Map, rounds: Int, from first: UInt64, slot: Int) -> (Int, Int64) {
        let entries = UInt64(map.attributes.maxEntries)
        for round in 0..<UInt64(rounds) {
            check(map.core.delete(key(map, first + round), slot: slot) == 0)
            let result = map.core.update(key(map, first + round + entries), bytes(round), flags: 1, slot: slot)
            if result != 0 { return (Int(round), result) }
        }
        return (rounds, 0)
    }

    private static let refusing: [MapType] = [.hash, .perCPUHash, .lpmTrie]

    /// As many as there are spare slots succeed, then it is ENOMEM, until the other worker has passed.
    @Test(arguments: refusing, [1, 100])
    func insertionsFailWhileAnotherWorkerIsLate(_ type: MapType, _ entries: Int) throws {
        let map = try map(type, entries: entries)
        let domain = map.domain
        for number in 0..<UInt64(entries) {
            check(map.core.update(key(map, number), bytes(number), flags: 0, slot: 0) == 0)
        }
        domain.online(0)
        domain.online(1)
        let (done, result) = churn(map, rounds: 20_000, from: 0, slot: 0)
        #expect(done >= 4096)
        #expect(result == -Int64(ENOMEM))
        let gone = UInt64(done)
        #expect(throws: MapError.self) {
            try map.update(key(map, gone + UInt64(entries)), [UInt8](repeating: 1, count: map.userValueSize))
        }
        // The key that went last has its slot still, in a hash.
        if type == .lpmTrie { return }
        #expect(map.core.update(key(map, gone), bytes(gone), flags: 1, slot: 0) == 0)
        #expect(map.entryCount == entries)

        domain.quiescent(0)
        #expect(churn(map, rounds: 1, from: gone, slot: 0).1 == -Int64(ENOMEM), "the other one is late")
        check(map.core.update(key(map, gone), bytes(gone), flags: 1, slot: 0) == 0)
        domain.quiescent(1)
        domain.quiescent(0)
        #expect(churn(map, rounds: 1000, from: gone, slot: 0) == (1000, 0))
        domain.offline(0)
        domain.offline(1)
        withExtendedLifetime(map) {}
    }

    /// The only worker that is online is in nobody's way but its own.
    @Test(arguments: refusing)
    func aLoneWorkerUsesSlotsAtOnce(_ type: MapType) throws {
        let map = try map(type, entries: 10)
        for number in 0..<UInt64(10) { check(map.core.update(key(map, number), bytes(number), flags: 0, slot: 0) == 0) }
        map.domain.online(0)
        #expect(churn(map, rounds: 30_000, from: 0, slot: 0) == (30_000, 0))
        map.domain.offline(0)
    }

    /// User space waits for a worker that is late for a moment only.
    @Test func userSpaceWaits() throws {
        let map = try map(.hash, entries: 10)
        let stop = Atomic<Bool>(false)
        let refused = Atomic<Int>(0)
        concurrently(2) { thread in
            if thread == 0 {
                map.domain.online(0)
                while !stop.load(ordering: .relaxed) {
                    usleep(500)
                    map.domain.quiescent(0)
                }
                map.domain.offline(0)
                return
            }
            for number in 0..<UInt64(20_000) {
                do throws(MapError) {
                    try map.update(bytes(number), bytes(number))
                    try map.delete(bytes(number))
                } catch {
                    refused.wrappingAdd(1, ordering: .relaxed)
                }
            }
            stop.store(true, ordering: .relaxed)
        }
        // A worker that the machine keeps from running for long is late all the same.
        #expect(refused.load(ordering: .relaxed) < 20)
    }

    /// One worker overwrites and never passes a quiescent point, another one inserts and deletes far beyond the spare
    /// slots: no element ever has a value that was meant for another key.
    @Test(arguments: [MapType.hash, .perCPUHash, .lruHash, .lruPerCPUHash])
    func aLateWriteReachesNoOtherKey(_ type: MapType) throws {
        let map = try map(type, entries: 64)
        let isLRU = type == .lruHash || type == .lruPerCPUHash
        let stop = Atomic<Bool>(false)
        let failures = AtomicCells(2)
        concurrently(2) { thread in
            var random = SplitMix(spread: UInt64(thread) + 5)
            map.domain.online(thread)
            defer { map.domain.offline(thread) }
            if thread == 0 {
                while !stop.load(ordering: .relaxed) {
                    let number = UInt64.random(in: 1...100, using: &random)
                    _ = map.core.update(bytes(number), bytes(number), flags: 2, slot: 0)
                }
                return
            }
            for round in 0..<20_000 {
                let number = UInt64.random(in: 1...100, using: &random)
                let result = map.core.update(bytes(number), bytes(number), flags: 0, slot: 1)
                if isLRU && result != 0 { failures[0] += 1 }
                if let value = try? map.lookup(bytes(number)) {
                    let words = value.withUnsafeBytes { Array($0.bindMemory(to: UInt64.self)) }
                    if words.contains(where: { $0 != number && $0 != 0 }) { failures[1] += 1 }
                }
                if !isLRU || round % 8 == 0 { _ = map.core.delete(bytes(number), slot: 1) }
            }
            stop.store(true, ordering: .relaxed)
        }
        #expect(failures[0] == 0, "an LRU map refused")
        #expect(failures[1] == 0, "another key's value")
    }

    /// Workers that insert and delete share the room: a map that is not full refuses nobody.
    @Test(arguments: [MapType.hash, .perCPUHash], [3, 48, 3000])
    func roomIsFoundWhereverItWasFreed(_ type: MapType, _ entries: Int) throws {
        let map = try map(type, entries: entries, workers: 3)
        for round in 0..<UInt64(12) {
            let base = round << 32
            for number in 0..<UInt64(entries) {
                let slot = Int(number + round) % 3
                check(map.core.update(bytes(base + number), bytes(number), flags: 1, slot: slot) == 0)
                check(map.entryCount == Int(number) + 1)
            }
            for slot in 0..<3 {
                check(map.core.update(bytes(base + 1 << 31), bytes(round), flags: 0, slot: slot) == -7)
            }
            #expect(throws: MapError.full) {
                try map.update(bytes(base + 1 << 31), [UInt8](repeating: 0, count: map.userValueSize))
            }
            for number in 0..<UInt64(entries) {
                if number % 4 == 3 {
                    try map.delete(bytes(base + number))
                } else {
                    check(map.core.delete(bytes(base + number), slot: Int(number / 2 + round) % 3) == 0)
                }
            }
            check(map.entryCount == 0)
        }
    }
}
