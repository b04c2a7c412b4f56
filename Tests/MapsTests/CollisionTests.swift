import Object
import TestSupport
import Testing

@testable import Maps

/// Keys made by somebody who knows the secret of one map, in another map: they must do no harm there.
@Suite struct CollisionTests {
    /// Keys of 16 bytes that all have the same hash under `secret`: the second word undoes what the first one did.
    private static func colliding(_ count: Int, _ secret: HashSecret) -> [TwoWordKey] {
        (0..<UInt64(count)).map { low in
            TwoWordKey(low: low, high: secret.mix(0, low) ^ 0x1234_5678)
        }
    }

    /// Buckets that a lookup of each key visits, in all, in a map that has all of them.
    private static func visits(_ keys: [TwoWordKey], _ map: Map) -> Int {
        guard case .hash(let hash) = map.core.kind else { return 0 }
        let table = hash.table
        for key in keys {
            withUnsafeBytes(of: (key.low, key.high)) { bytes in
                check(map.core.update(bytes.baseAddress!, bytes.baseAddress!, flags: 1, slot: 0) == 0)
            }
        }
        let buckets = Int(table.pointee.buckets)
        return keys.reduce(0) { sum, key in
            let hash = key.hash(table.pointee.secret)
            guard let place = table.pointee.find(key, hash) else {
                Issue.record("not found")
                return sum
            }
            return sum + 1 + (place.bucket - table.pointee.home(hash) + buckets) % buckets
        }
    }

    @Test func aMillionKeysThatCollideElsewhere() throws {
        let count = 1_000_000
        let secret = HashSecret()
        let keys = Self.colliding(count, secret)
        let hash = keys[0].hash(secret)
        #expect(keys.allSatisfy { $0.hash(secret) == hash })
        func map() throws -> Map {
            try Map(
                MapAttributes(type: .hash, keySize: 16, valueSize: 8, maxEntries: count), domain: WorkerDomain())
        }
        var random = SplitMix(spread: 11)
        let usual = try Self.visits((0..<count).map { _ in TwoWordKey(low: random.next(), high: random.next()) }, map())
        let attacked = try Self.visits(keys, map())
        #expect(attacked < 2 * usual, "\(attacked), usually \(usual)")
        #expect(usual < count * 5 / 4, "nearly all are at home")
    }

    /// The same for keys of 8 bytes that have their home in one 256th of the buckets.
    @Test func keysOfOneBucketElsewhere() {
        let secret = HashSecret()
        let other = HashSecret()
        var counts = [Int](repeating: 0, count: 256)
        var found = 0
        var word: UInt64 = 0
        while found < 2000 {
            word += 1
            guard OneWordKey(word).hash(secret).place >> 24 == 7 else { continue }
            found += 1
            counts[Int(OneWordKey(word).hash(other).place >> 24)] += 1
        }
        // 2,000 in 256 places: 8 each.
        #expect(counts.max()! < 40)
    }
}
