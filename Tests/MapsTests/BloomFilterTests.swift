import Maps
import Object
import TestSupport
import Testing

@Suite struct BloomFilterTests {
    private func map(_ value: Int, _ entries: Int, extra: UInt64 = 0) throws -> Map {
        try Map(
            MapAttributes(type: .bloomFilter, keySize: 0, valueSize: value, maxEntries: entries, extra: extra),
            domain: WorkerDomain())
    }

    @Test(arguments: [1, 4, 7, 8, 12, 16, 37], [UInt64(0), 1, 3, 15])
    func whatIsInItIsFound(_ valueSize: Int, _ hashes: UInt64) throws {
        let map = try map(valueSize, 200, extra: hashes)
        var random = SplitMix(spread: UInt64(valueSize))
        let values = (0..<200).map { _ in random.bytes(valueSize) }
        for value in values { try map.push(value) }
        for var value in values {
            check(try map.mayContain(value))
            check(map.core.peek(into: &value) == 0)
        }
    }

    /// By the design some 3 % with 5 hashes where it is as full as it should be.
    @Test(arguments: [4, 8, 20]) func fewOthersAreTakenForMembers(_ valueSize: Int) throws {
        let map = try map(valueSize, 10_000)
        func value(_ number: UInt64) -> [UInt8] {
            var value = [UInt8](repeating: 0, count: valueSize)
            for index in 0..<min(8, valueSize) {
                value[index] = UInt8(truncatingIfNeeded: number >> (8 * UInt64(index)))
            }
            return value
        }
        for number: UInt64 in 0..<10_000 { try map.push(value(number)) }
        var wrong = 0
        for number: UInt64 in 10_000..<60_000 where try map.mayContain(value(number)) { wrong += 1 }
        #expect(wrong < 50_000 * 6 / 100)
        try map.clear()
        #expect(try !map.mayContain(value(3)))
    }

    /// What the operations answer, as the kernel's does.
    @Test func answersAsLinux() throws {
        let attributes = MapAttributes(type: .bloomFilter, keySize: 0, valueSize: 8, maxEntries: 100)
        let theirs = try KernelMap(attributes)
        let ours = try Map(attributes, domain: WorkerDomain())
        let value = bytes(UInt64(77))
        #expect(theirs.contains(value) == .failed(2))
        #expect(try !ours.mayContain(value))
        for flags: UInt64 in [1, 2, 3, 0] {
            #expect(Outcome(Int32(ours.core.push(value, flags: flags))) == theirs.push(value, flags: flags))
        }
        #expect(theirs.contains(value) == .done([]))
        #expect(try ours.mayContain(value))
        #expect(ours.deleteOutcome([]) == theirs.delete([]))
        #expect(ours.nextKeyOutcome(after: nil) == theirs.nextKey(after: nil))
        #expect(throws: MapError.self) { try ours.pop() }
        #expect(throws: MapError.self) { try ours.mayContain([1]) }
        #expect(try ours.entries(limit: 5).count == 0)
    }

    @Test func aCopyFindsTheSame() throws {
        let map = try map(4, 1000)
        for number: UInt32 in 0..<500 { try map.push(bytes(number)) }
        let copy = try map.copy(domain: WorkerDomain())
        for number: UInt32 in 0..<5000 { check(try copy.mayContain(bytes(number)) == map.mayContain(bytes(number))) }
        try copy.push(bytes(UInt32(1 << 20)))
        #expect(try copy.mayContain(bytes(UInt32(1 << 20))))
    }
}
