import Glibc
import Maps
import Object
import Synchronization
import TestSupport
import Testing

/// Longest prefix matches against a list that is searched, and what must hold while others write.
@Suite struct LPMTests {
    private func map(_ dataBytes: Int, entries: Int, value: Int = 8) throws -> Map {
        let attributes = MapAttributes(
            type: .lpmTrie, keySize: 4 + dataBytes, valueSize: value, maxEntries: entries, flags: .noPrealloc)
        return try Map(attributes, domain: WorkerDomain(workers: 3))
    }

    private static func key(_ length: Int, _ data: [UInt8]) -> [UInt8] { bytes(UInt32(length)) + data }

    /// The first bits of data, zeros behind them.
    private static func masked(_ data: [UInt8], _ length: Int) -> [UInt8] {
        data.enumerated().map { index, byte in
            let bits = min(8, max(0, length - 8 * index))
            return bits == 0 ? 0 : byte & (0xff << UInt8(8 - bits))
        }
    }

    /// Insertions, deletions and lookups by programs, with lengths on both sides of what `tops` is indexed by.
    @Test(arguments: [1, 2, 4, 6, 8, 9, 16, 40], [5, 3000])
    func longestMatch(_ dataBytes: Int, _ entries: Int) throws {
        let map = try map(dataBytes, entries: entries)
        var model: [Int: [[UInt8]: UInt64]] = [:]
        var random = SplitMix(spread: UInt64(dataBytes))
        var count = 0
        func data() -> [UInt8] {
            (0..<dataBytes).map { _ in [0, 1, 0x80, 0xc0, 0xff].randomElement(using: &random)! as UInt8 }
        }
        for step in 0..<3000 {
            let length = Int.random(in: 0...8 * dataBytes, using: &random)
            let data = data()
            let prefix = Self.masked(data, length)
            let present = model[length]?[prefix] != nil
            switch UInt8.random(in: 0..<4, using: &random) {
            case 0, 1:
                let result = map.core.update(Self.key(length, data), bytes(UInt64(step)), flags: 0, slot: 0)
                check(result == (present || count < entries ? 0 : -Int64(ENOSPC)))
                if result == 0 {
                    if !present { count += 1 }
                    model[length, default: [:]][prefix] = UInt64(step)
                }
            case 2:
                check(map.core.delete(Self.key(length, data), slot: 0) == (present ? 0 : -Int64(ENOENT)))
                if present {
                    count -= 1
                    model[length]![prefix] = nil
                }
            default:
                let lengths = model.keys.filter { $0 <= length }.sorted(by: >)
                let expected = lengths.lazy.compactMap { model[$0]?[Self.masked(data, $0)] }.first
                let found = map.core.lookup(Self.key(length, data), slot: 0)?.load(as: UInt64.self)
                check(found == expected, "step \(step)")
            }
            check(map.entryCount == count)
        }
        let walked = try map.entries(limit: entries)
        #expect(walked.count == count)
        try map.clear()
        #expect(map.entryCount == 0)
        #expect(try map.nextKey(after: nil) == nil)
        #expect(map.core.lookup(Self.key(8 * dataBytes, data()), slot: 0) == nil)
    }

    @Test func lengthsBeyondTheData() throws {
        let map = try map(4, entries: 10)
        for length: UInt32 in [33, 64, 1 << 31, .max] {
            let key = bytes(length) + [1, 2, 3, 4]
            #expect(map.core.update(key, bytes(UInt64(1)), flags: 0, slot: 0) == -Int64(EINVAL))
            #expect(map.core.delete(key, slot: 0) == -Int64(EINVAL))
            #expect(map.core.lookup(key, slot: 0) == nil)
            #expect(throws: MapError.invalid("the prefix is longer than 32 bits")) { try map.delete(key) }
        }
    }

    /// Within a run, however often; a node that a program may be at is not another prefix's while there are others.
    @Test func deletedElementsWait() throws {
        let map = try map(4, entries: 20)
        map.domain.online(0)
        for burst in 0..<UInt32(20) {
            var held: [(UInt64, UnsafeMutableRawPointer)] = []
            for index in 0..<UInt32(2000) {
                let key = Self.key(32, bytes((burst << 16 | index).bigEndian))
                check(map.core.update(key, bytes(UInt64(index)), flags: 1, slot: 0) == 0)
                held.append((UInt64(index), try #require(map.core.lookup(key, slot: 0))))
                check(map.core.delete(key, slot: 0) == 0)
            }
            for (value, address) in held { check(address.load(as: UInt64.self) == value) }
            map.domain.quiescent(0)
        }
        for index in 0..<UInt32(30_000) {
            let key = Self.key(32, bytes(index))
            check(map.core.update(key, bytes(UInt64(index)), flags: 1, slot: 0) == 0)
            check(map.core.delete(key, slot: 0) == 0)
        }
        map.domain.offline(0)
    }

    /// What stays is found, and nothing but a prefix of what was looked for, while others come and go around it.
    @Test func lookupsMeetWriters() throws {
        let map = try map(4, entries: 4000)
        // Prefixes of 8 bits stay; what comes and goes lies within them.
        for top in 0..<UInt8(16) { try map.update(Self.key(8, [top, 0, 0, 0]), bytes(UInt64(top))) }
        let failures = AtomicCells(2)
        let rounds = 15_000
        concurrently(4) { thread in
            var random = SplitMix(spread: UInt64(thread))
            if thread < 3 { map.domain.online(thread) }
            for round in 0..<rounds {
                let top = UInt8.random(in: 0..<16, using: &random)
                let data = [top] + (0..<3).map { _ in UInt8.random(in: 0..<4, using: &random) << 5 }
                let length = [12, 16, 19, 20, 24, 30, 32].randomElement(using: &random)!
                switch thread {
                case 0, 1:
                    if Bool.random(using: &random) {
                        let value = UInt64(top) | UInt64(round) << 8
                        _ = map.core.update(Self.key(length, data), bytes(value), flags: 0, slot: thread)
                    } else {
                        _ = map.core.delete(Self.key(length, data), slot: thread)
                    }
                case 2:
                    let found = map.core.lookup(Self.key(32, data), slot: thread)
                    let value = found?.assumingMemoryBound(to: Atomic<UInt64>.self).pointee.load(ordering: .relaxed)
                    if value.map({ UInt8(truncatingIfNeeded: $0) }) != top { failures[0] += 1 }
                default:
                    if (try? map.lookup(Self.key(32, data)))?.first != top { failures[0] += 1 }
                    if round % 1000 == 0 {
                        var met: Set<[UInt8]> = []
                        try? map.forEach { key, value in
                            if key[key.startIndex + 4] != value[value.startIndex] { failures[1] += 1 }
                            if key.first == 8 { met.insert(Array(key)) }
                            return true
                        }
                        if met.count != 16 { failures[1] += 1 }
                    }
                }
                if thread < 3, round % 64 == 0 { map.domain.quiescent(thread) }
            }
            if thread < 3 { map.domain.offline(thread) }
        }
        #expect(failures[0] == 0)
        #expect(failures[1] == 0)
    }

    /// A prefix of few bits is an insertion like others; so is its deletion. Nothing is left behind.
    @Test func lengthsLeaveNoTrace() throws {
        let map = try map(16, entries: 5000)
        let data = [UInt8](repeating: 0xa5, count: 16)
        for round in 0..<3 {
            for length in 0...128 { try map.update(Self.key(length, data), bytes(UInt64(length)), .noExist) }
            for length in (0...128).reversed() {
                #expect(try map.lookup(Self.key(128, data)) == bytes(UInt64(length)), "round \(round)")
                try map.delete(Self.key(length, data))
            }
            #expect(throws: MapError.noEntry) { try map.lookup(Self.key(128, data)) }
        }
    }
}
