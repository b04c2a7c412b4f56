import Maps
import Object
import Testing

struct MapCopyTests {
    private static let types: [MapType] = [
        .array, .perCPUArray, .hash, .perCPUHash, .lruHash, .lruPerCPUHash, .lpmTrie,
    ]

    private func map(_ type: MapType, flags: MapFlags = [], workers: Int = 3) throws -> Map {
        let attributes = MapAttributes(
            type: type, keySize: type == .lpmTrie ? 8 : 4, valueSize: 6, maxEntries: 50,
            flags: type == .lpmTrie ? flags.union(.noPrealloc) : flags)
        return try Map(attributes, domain: WorkerDomain(workers: workers))
    }

    private func key(_ index: UInt8, _ type: MapType) -> [UInt8] {
        type == .lpmTrie ? [32, 0, 0, 0, 10, 0, 0, index] : [index, 0, 0, 0]
    }

    @Test(arguments: types)
    func aCopyHasTheFirstWorkersValues(type: MapType) throws {
        let map = try map(type)
        for index: UInt8 in 0..<40 {
            let values = (0..<(map.isPerCPU ? 3 : 1)).map { worker in
                [index, UInt8(worker), 1, 2, 3, 4] + (map.isPerCPU ? [0, 0] : [])
            }
            try map.update(key(index, type), values.flatMap { $0 })
        }
        let copy = try map.copy(domain: WorkerDomain(workers: 2))
        #expect(copy.entryCount == map.entryCount)
        for index: UInt8 in 0..<40 {
            let one: [UInt8] = [index, 0, 1, 2, 3, 4]
            #expect(try copy.element(key(index, type)) == (map.isPerCPU ? one + [0, 0] + one + [0, 0] : one))
        }
        try copy.update(key(1, type), [UInt8](repeating: 9, count: copy.userValueSize))
        #expect(try map.element(key(1, type))[..<6] == [1, 0, 1, 2, 3, 4])
    }

    @Test(arguments: types)
    func changesAreWhatWasMadeChangedAndDeleted(type: MapType) throws {
        let before = try map(type, workers: 1)
        // Values of workers begin at multiples of 8 bytes.
        let padding = [UInt8](repeating: 0, count: before.userValueSize - 6)
        let old = [UInt8](repeating: 1, count: 6) + padding
        let new = [UInt8](repeating: 2, count: 6) + padding
        for index: UInt8 in 0..<10 { try before.update(key(index, type), old) }
        let after = try before.copy(domain: before.domain)
        try after.update(key(3, type), new)
        try after.update(key(20, type), new)
        let deletes = type != .array && type != .perCPUArray
        if deletes { try after.delete(key(5, type)) }
        var changes: [[UInt8]: [[UInt8]?]] = [:]
        try after.forEachChange(since: before) { key, old, new in
            changes[Array(key)] = [old.map(Array.init), new.map(Array.init)]
            return true
        }
        let zero = [UInt8](repeating: 0, count: before.userValueSize)
        var expected: [[UInt8]: [[UInt8]?]] = [key(3, type): [old, new], key(20, type): [deletes ? nil : zero, new]]
        if deletes { expected[key(5, type)] = [old, nil] }
        #expect(changes == expected)
        var seen = 0
        try after.forEachChange(since: before) { _, _, _ in
            seen += 1
            return false
        }
        #expect(seen == 1)
    }

    @Test func flagsAndFreezingAreCopied() throws {
        let hidden = try map(.hash, flags: .writeOnlyUser)
        try hidden.update([1, 0, 0, 0], [1, 2, 3, 4, 5, 6])
        let copy = try hidden.copy(domain: WorkerDomain())
        #expect(copy.entryCount == 1)
        #expect(throws: MapError.notPermitted) { try copy.forEachChange(since: copy) { _, _, _ in true } }
        let frozen = try map(.array)
        try frozen.update([1, 0, 0, 0], [1, 2, 3, 4, 5, 6])
        frozen.freeze()
        let other = try frozen.copy(domain: WorkerDomain())
        #expect(try other.lookup([1, 0, 0, 0]) == [1, 2, 3, 4, 5, 6])
        #expect(other.isFrozen)
    }
}
