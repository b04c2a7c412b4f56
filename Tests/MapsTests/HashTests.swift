import Maps
import Object
import TestSupport
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
    @Test(arguments: [HashSecret.processorHasChecksum, false])
    func formsHashAlike(_ usesChecksum: Bool) {
        let secret = HashSecret(usesChecksum: usesChecksum)
        var random = SplitMix(spread: 3)
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

    /// Keys as they occur: by number, in steps of a power of two, in the high bits only, in the last byte of a MAC.
    private static let regularKeys: [@Sendable (UInt64) -> UInt64] = [
        { $0 }, { $0 << 8 }, { $0 << 16 }, { $0 << 24 }, { $0 << 32 }, { $0 << 40 }, { $0 << 48 },
        { ($0 & 0xff) << 40 | ($0 >> 8) << 32 | 2 }, { $0.byteSwapped >> 16 }, { 0x0102_0304_0506 &+ $0 &* 3 },
        { ($0 & 0x7f) << 32 | ($0 >> 7) &* 257 }, { $0 &* 0x0001_0001_0001_0001 },
    ]

    /// As tables choose homes: by a mask, or scaled.
    private static func home(_ hash: KeyHash, buckets: UInt64) -> Int {
        let isPower = buckets.nonzeroBitCount == 1
        return Int(isPower ? (hash.place >> 6) & (buckets - 1) : (hash.place * buckets) >> 32)
    }

    /// How many buckets of 3 a search goes through for all of these keys, and how many others have the key's tag there.
    private static func cost(_ keys: [UInt64], _ secret: HashSecret, buckets: UInt64) -> (visits: Int, twins: Int) {
        var tags = [[UInt64]](repeating: [], count: Int(buckets))
        var (visits, twins) = (keys.count, 0)
        for key in keys {
            let hash = OneWordKey(key).hash(secret)
            var bucket = home(hash, buckets: buckets)
            while tags[bucket].count == 3 {
                bucket = (bucket + 1) % Int(buckets)
                visits += 1
            }
            twins += tags[bucket].count { $0 == HashTable.tag(hash) }
            tags[bucket].append(HashTable.tag(hash))
        }
        return (visits, twins)
    }

    /// Regular keys cost no more than random ones, whatever the secret, with an instruction for the CRC and without. Where
    /// 7 in 10 slots are taken.
    @Test(arguments: [975, 1024], [HashSecret.processorHasChecksum, false])
    func regularKeysSpread(_ buckets: UInt64, _ usesChecksum: Bool) {
        let count = buckets * 21 / 10
        var random = SplitMix(spread: 5)
        let usual = Self.cost((0..<count).map { _ in random.next() }, HashSecret(), buckets: buckets).visits
        for (number, form) in Self.regularKeys.enumerated() {
            let keys = (0..<count).map(form)
            var (visits, twins) = (0, 0)
            let secrets = 25
            for _ in 0..<secrets {
                let cost = Self.cost(keys, HashSecret(usesChecksum: usesChecksum), buckets: buckets)
                #expect(cost.visits < usual * 7 / 5, "\(number)")
                visits += cost.visits
                twins += cost.twins
            }
            #expect(visits < secrets * usual * 6 / 5, "\(number)")
            // One in 128, for each of the slots before.
            #expect(twins < secrets * Int(count) / 20, "\(number)")
        }
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
