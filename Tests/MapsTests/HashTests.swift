import Maps
import Object
import Testing

@testable import Maps

@Suite struct HashTests {
    /// Keys of every size, distinguished by every byte.
    @Test(arguments: Array(1...40) + [64, 100, 511, 512])
    func everyByteOfAKeyCounts(_ size: Int) throws {
        let attributes = MapAttributes(type: .hash, keySize: size, valueSize: 8, maxEntries: 600)
        let map = try Map(attributes, domain: WorkerDomain())
        let keys = (0..<size).map { index in (0..<size).map { $0 == index ? 0x80 : 0 } as [UInt8] }
        for (index, key) in keys.enumerated() { try map.update(key, bytes(UInt64(index)), .noExist) }
        for (index, key) in keys.enumerated() { #expect(try map.lookup(key) == bytes(UInt64(index))) }
        #expect(throws: MapError.noEntry) { try map.lookup([UInt8](repeating: 0, count: size)) }
        #expect(map.entryCount == size)
        let batch = try map.entries(limit: 600)
        #expect(Set((0..<batch.count).map { Array(batch.key($0)) }) == Set(keys))
    }

    /// The forms of a key that are specialised by size hash as the general one does: `clear` relies on it.
    @Test func formsHashAlike() {
        let secret = HashSecret()
        var random = SeededGenerator(seed: 3)
        for size in 1...16 {
            let key = random.bytes(size)
            key.withUnsafeBytes { key in
                let key = key.baseAddress!
                let general = LongKey(key, bytes: size).hash(secret)
                if size <= 7 { #expect(OneWordKey(key, bytes: size).hash(secret) == general, "\(size)") }
                if size == 8 { #expect(OneWordKey(eight: key).hash(secret) == general) }
                if size > 8 { #expect(TwoWordKey(key, bytes: size).hash(secret) == general, "\(size)") }
            }
        }
    }

    /// How keys as they occur spread over buckets: no bucket of 1,024 gets far more than its 32 of 32,768 keys.
    @Test(arguments: [0, 8, 24, 40, 48], [UInt64(1), 3, 0x0001_0000_0001])
    func structuredKeysSpread(_ shift: Int, _ step: UInt64) {
        let secret = HashSecret()
        var buckets = [Int](repeating: 0, count: 1024)
        var tags = [Int](repeating: 0, count: 128)
        var distinct: Set<UInt64> = []
        for index in 0..<UInt64(32_768) {
            let key = (index &* step) << UInt64(shift)
            guard distinct.insert(key).inserted else { continue }
            let hash = OneWordKey(key).hash(secret)
            buckets[Int(hash.multipliedFullWidth(by: 1024).high)] += 1
            tags[Int(hash & 0x7f)] += 1
        }
        let mean = Double(distinct.count) / 1024
        #expect(Double(buckets.max()!) < mean + 8 * (mean + 1).squareRoot() + 4)
        #expect(Double(tags.max()!) < 2 * Double(distinct.count) / 128 + 20)
    }

    @Test func mapsHaveSecretsOfTheirOwn() throws {
        func order() throws -> [UInt8] {
            let map = try Map(
                MapAttributes(type: .hash, keySize: 1, valueSize: 1, maxEntries: 100), domain: WorkerDomain())
            for key in 0..<UInt8(100) { try map.update([key], [0]) }
            return try map.entries(limit: 100).keys
        }
        let orders = try (0..<5).map { _ in try order() }
        #expect(Set(orders).count == 5)
    }

    /// Deleting leaves no trace that slows lookups down: nothing overflowed is left behind.
    @Test func overflowCountsComeBackToZero() throws {
        let attributes = MapAttributes(type: .hash, keySize: 8, valueSize: 8, maxEntries: 6_000)
        let map = try Map(attributes, domain: WorkerDomain())
        for round in 0..<UInt64(3) {
            for key in 0..<UInt64(6_000) { try map.update(bytes(key &+ round << 32), bytes(key)) }
            if round == 1 {
                try map.clear()
            } else {
                for key in 0..<UInt64(6_000) { try map.delete(bytes(key &+ round << 32)) }
            }
            guard case .hash(let hash) = map.core.kind else { return }
            let table = hash.table
            for bucket in 0..<Int(table.pointee.buckets) {
                check(table.pointee.header(bucket).overflow.pointee.load(ordering: .relaxed) == 0)
                check(table.pointee.header(bucket).version.pointee.load(ordering: .relaxed) & 1 == 0)
            }
        }
        withExtendedLifetime(map) {}
    }

    @Test func tailsReadNoByteMore() {
        let memory: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 0xff]
        for count in 1...7 {
            let expected = (0..<count).reduce(UInt64(0)) { $0 | UInt64(memory[$1]) << (8 * UInt64($1)) }
            #expect(memory.withUnsafeBytes { $0.baseAddress!.tail(count) } == expected)
        }
    }
}
