import Glibc
import Maps
import Object
import TestSupport
import Testing

@Suite struct UserAccessTests {
    static let types: [MapType] = [.array, .perCPUArray, .hash, .perCPUHash, .lruHash, .lruPerCPUHash]

    private func map(_ type: MapType, entries: Int = 100, flags: MapFlags = []) throws -> Map {
        let attributes = MapAttributes(type: type, keySize: 4, valueSize: 8, maxEntries: entries, flags: flags)
        return try Map(attributes, domain: WorkerDomain(workers: 2), name: "m")
    }

    private func fill(_ map: Map, _ keys: Range<UInt32>) throws {
        for key in keys {
            try map.update(bytes(key), [UInt8](repeating: UInt8(truncatingIfNeeded: key), count: map.userValueSize))
        }
    }

    @Test(arguments: types)
    func byteCountsAreChecked(_ type: MapType) throws {
        let map = try map(type)
        let value = [UInt8](repeating: 1, count: map.userValueSize)
        for count in [0, 3, 5, 8] {
            let key = [UInt8](repeating: 0, count: count)
            #expect(Outcome { () throws(MapError) in try map.lookup(key) } == .failed(EINVAL))
            #expect(throws: MapError.invalid("key of \(count) bytes, expected 4")) { try map.update(key, value) }
            #expect(throws: MapError.self) { try map.delete(key) }
            #expect(throws: MapError.self) { try map.nextKey(after: key) }
        }
        for count in [0, value.count - 1, value.count + 1] {
            #expect(throws: MapError.invalid("value of \(count) bytes, expected \(value.count)")) {
                try map.update(bytes(UInt32(1)), [UInt8](repeating: 0, count: count))
            }
        }
    }

    @Test(arguments: types, [1, 7, 64, 1000])
    func batchesAreCompleteAndEnd(_ type: MapType, _ limit: Int) throws {
        let map = try map(type)
        try fill(map, 0..<100)
        var met: [[UInt8]: [UInt8]] = [:]
        var cursor: UInt64?
        repeat {
            let batch = try map.entries(after: cursor, limit: limit)
            #expect(batch.count <= limit)
            for index in 0..<batch.count {
                #expect(met.updateValue(Array(batch.value(index)), forKey: Array(batch.key(index))) == nil)
            }
            cursor = batch.next
        } while cursor != nil
        #expect(met.count == 100)
        for (key, value) in met { #expect(value.allSatisfy { $0 == key[0] } && value.count == map.userValueSize) }
    }

    @Test(arguments: types)
    func cursorsFromAnywhere(_ type: MapType) throws {
        let map = try map(type)
        try fill(map, 0..<100)
        for cursor: UInt64 in [0, 1, 99, 100, 5000, 1 << 40, .max - 1, .max] {
            #expect(try map.entries(after: cursor, limit: 10).count <= 10)
        }
        #expect(throws: MapError.self) { try map.entries(limit: 0) }
        #expect(throws: MapError.self) { try map.entries(limit: -5) }
    }

    @Test func aWalkMeetsWhatLivesThroughIt() throws {
        let map = try map(.hash, entries: 1000)
        try fill(map, 0..<1000)
        var met: [UInt32: Int] = [:]
        var extra: UInt32 = 10_000
        var random = SplitMix(spread: 5)
        var cursor: UInt64?
        repeat {
            let batch = try map.entries(after: cursor, limit: 10)
            for index in 0..<batch.count {
                met[batch.key(index).withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }, default: 0] += 1
            }
            cursor = batch.next
            // Odd keys come and go.
            for _ in 0..<10 {
                try? map.delete(bytes(UInt32.random(in: 0..<500, using: &random) * 2 + 1))
                extra += 2
                try? map.update(bytes(extra + 1), [UInt8](repeating: 0, count: 8))
            }
        } while cursor != nil
        for key in stride(from: UInt32(0), to: 1000, by: 2) { #expect(met[key] == 1, "\(key)") }
    }

    @Test(arguments: [MapType.hash, .perCPUHash, .lruHash, .lruPerCPUHash])
    func clearing(_ type: MapType) throws {
        let map = try map(type)
        for _ in 0..<3 {
            try fill(map, 0..<100)
            #expect(map.entryCount == 100)
            try map.clear()
            #expect(map.entryCount == 0)
            #expect(try map.nextKey(after: nil) == nil)
            #expect(throws: MapError.noEntry) { try map.lookup(bytes(UInt32(5))) }
        }
    }

    @Test(arguments: [MapType.array, .perCPUArray])
    func clearingAnArrayZeroesIt(_ type: MapType) throws {
        let map = try map(type)
        try fill(map, 0..<100)
        try map.clear()
        #expect(map.entryCount == 100)
        #expect(try map.entries(limit: 100).values.allSatisfy { $0 == 0 })
    }

    @Test func buffersOfTheCaller() throws {
        let map = try map(.hash)
        let key = bytes(UInt32(1))
        var value = bytes(UInt64(42))
        try key.withUnsafeBytes { key throws in
            try value.withUnsafeMutableBytes { value throws in
                try map.update(key, UnsafeRawBufferPointer(value), .noExist)
                value.storeBytes(of: 0, as: UInt64.self)
                try map.lookup(key, into: value)
                #expect(value.load(as: UInt64.self) == 42)
                try map.delete(key)
                #expect(throws: MapError.noEntry) { try map.delete(key) }
                #expect(throws: MapError.noEntry) { try map.lookup(key, into: value) }
                let short = UnsafeMutableRawBufferPointer(rebasing: value[..<7])
                #expect(throws: MapError.self) { try map.lookup(key, into: short) }
            }
        }
    }

    @Test func frozenForUserSpaceOnly() throws {
        let map = try map(.array, flags: [.readOnlyProgram])
        try fill(map, 0..<3)
        map.freeze()
        #expect(map.isFrozen)
        #expect(throws: MapError.notPermitted) { try map.update(bytes(UInt32(0)), bytes(UInt64(1))) }
        #expect(throws: MapError.notPermitted) { try map.clear() }
        #expect(try map.lookup(bytes(UInt32(2))) == [UInt8](repeating: 2, count: 8))
        #expect(map.core.flags == [.readOnlyProgram])
    }

    @Test func forEachStopsWhenTold() throws {
        let map = try map(.hash, entries: 1000)
        try fill(map, 0..<1000)
        var count = 0
        try map.forEach { _, _ in
            count += 1
            return count < 300
        }
        #expect(count == 300)
        try map.forEach { _, _ in
            count += 1
            return true
        }
        #expect(count == 1300)
    }
}
