import Maps
import Object
import TestSupport
import Testing

/// The same operations on our maps and on the kernel's must come to the same. Needs root, for bpf(2).
@Suite struct KernelComparisonTests {
    static let shapes: [MapAttributes] =
        [MapType.hash, .perCPUHash].flatMap { type in
            [(1, 1), (3, 4), (4, 8), (6, 8), (8, 8), (8, 12), (12, 16), (16, 8), (20, 3), (40, 40), (512, 100)].map {
                MapAttributes(type: type, keySize: $0.0, valueSize: $0.1, maxEntries: 9)
            }
        }
        // With room enough: whom Linux evicts when is its own affair.
        + [MapType.lruHash, .lruPerCPUHash].flatMap { type in
            [(3, 4), (8, 8), (16, 24)].map {
                MapAttributes(type: type, keySize: $0.0, valueSize: $0.1, maxEntries: 4000)
            }
        }
        + [(5, 8), (6, 4), (7, 8), (8, 8), (12, 8), (20, 24), (44, 12), (260, 8)].map {
            MapAttributes(
                type: .lpmTrie, keySize: $0.0, valueSize: $0.1, maxEntries: $0.0 == 8 ? 300 : 9, flags: .noPrealloc)
        }
        + [MapType.array, .perCPUArray].flatMap { type in
            [1, 4, 8, 12, 24, 100].map { MapAttributes(type: type, keySize: 4, valueSize: $0, maxEntries: 9) }
        }

    static let flags: [UInt64] = [0, 0, 0, 1, 1, 2, 2, 3, 16, 0x8000_0000_0000_0000]

    @Test(arguments: shapes, [UInt64(1), 2])
    func randomOperations(_ attributes: MapAttributes, _ seed: UInt64) throws {
        let theirs = try KernelMap(attributes)
        let ours = try Map(attributes, domain: WorkerDomain(workers: KernelMap.possibleCPUs))
        #expect(ours.userValueSize == theirs.valueBytes)
        var random = SplitMix(spread: seed)
        let keys = Self.keys(attributes, &random)
        for step in 0..<600 {
            let key = keys.randomElement(using: &random)!
            let comment: Comment = "\(attributes.type.name) step \(step)"
            switch UInt8.random(in: 0..<10, using: &random) {
            case 0..<4:
                let flags = Self.flags.randomElement(using: &random)!
                let value = random.bytes(theirs.valueBytes)
                let theirOutcome = theirs.update(key, value, flags: flags)
                check(ours.updateOutcome(key, value, flags: flags) == theirOutcome, comment)
            case 4..<7:
                check(ours.deleteOutcome(key) == theirs.delete(key), comment)
            case 7..<9:
                check(Self.lookup(ours, key) == Self.lookup(theirs, key), comment)
            default:
                check(Self.content(ours) == Self.content(theirs), comment)
            }
        }
        #expect(Self.content(ours) == Self.content(theirs))
    }

    /// More keys than the map has room for, and indexes past an array's end.
    private static func keys(_ attributes: MapAttributes, _ random: inout SplitMix) -> [[UInt8]] {
        if attributes.type == .lpmTrie {
            return (0..<(attributes.maxEntries * 3 / 2)).map { _ in prefix(attributes.keySize, &random) }
        }
        if attributes.keySize == 1 { return (0..<14).map { [$0] } }
        if attributes.type == .array || attributes.type == .perCPUArray {
            return (0...10).map { bytes(UInt32($0)) } + [bytes(UInt32.max), bytes(UInt32(1 << 31))]
        }
        return (0..<14).map { _ in random.bytes(attributes.keySize) }
    }

    /// Prefixes that contain each other often, lengths beyond the largest among them, and any bits behind the last.
    private static func prefix(_ keySize: Int, _ random: inout SplitMix) -> [UInt8] {
        let bits = 8 * (keySize - 4)
        let length = UInt32.random(in: 0...UInt32(bits) + 1, using: &random)
        let data = (0..<keySize - 4).map { _ in [0, 0, 0, 0x80, 0x88, 0xff].randomElement(using: &random)! as UInt8 }
        return bytes(UInt8.random(in: 0..<4, using: &random) == 0 ? UInt32(bits) : length) + data
    }

    /// Linux's order, whatever was deleted: the walk after each key that is there, and after some that are not.
    @Test(arguments: [5, 8, 12, 20, 260], [UInt64(1), 2, 3])
    func prefixesInLinuxOrder(_ keySize: Int, _ seed: UInt64) throws {
        let attributes = MapAttributes(
            type: .lpmTrie, keySize: keySize, valueSize: 8, maxEntries: 400, flags: .noPrealloc)
        let theirs = try KernelMap(attributes)
        let ours = try Map(attributes, domain: WorkerDomain())
        var random = SplitMix(spread: seed)
        let keys = (0..<300).map { _ in Self.prefix(keySize, &random) }
        for round in 0..<4 {
            for key in keys {
                if Bool.random(using: &random) {
                    let value = random.bytes(8)
                    check(ours.updateOutcome(key, value, flags: 0) == theirs.update(key, value, flags: 0))
                } else {
                    check(ours.deleteOutcome(key) == theirs.delete(key))
                }
            }
            var key: [UInt8]?
            while case .done(let next) = theirs.nextKey(after: key) {
                check(ours.nextKeyOutcome(after: key) == .done(next), "round \(round)")
                key = next
            }
            check(ours.nextKeyOutcome(after: key) == theirs.nextKey(after: key))
            for key in keys {
                check(ours.nextKeyOutcome(after: key) == theirs.nextKey(after: key))
                check(ours.lookupOutcome(key) == theirs.lookup(key))
            }
        }
    }

    /// Per-CPU values of the kernel have undefined bytes between the value's end and the next multiple of 8.
    private static func lookup(_ map: Map, _ key: [UInt8]) -> Outcome {
        masked(map.lookupOutcome(key), map.attributes)
    }

    private static func lookup(_ map: KernelMap, _ key: [UInt8]) -> Outcome {
        masked(map.lookup(key), map.attributes)
    }

    private static func masked(_ outcome: Outcome, _ attributes: MapAttributes) -> Outcome {
        guard case .done(let bytes) = outcome else { return outcome }
        let stride = bytes.count == attributes.valueSize ? bytes.count : (attributes.valueSize + 7) / 8 * 8
        return .done(bytes.enumerated().map { $0.offset % stride < attributes.valueSize ? $0.element : 0 })
    }

    private static func content(_ map: Map) -> [[UInt8]: Outcome] {
        content(next: map.nextKeyOutcome) { lookup(map, $0) }
    }

    private static func content(_ map: KernelMap) -> [[UInt8]: Outcome] {
        content(next: map.nextKey) { lookup(map, $0) }
    }

    private static func content(
        next: ([UInt8]?) -> Outcome, lookup: ([UInt8]) -> Outcome
    ) -> [[UInt8]: Outcome] {
        var content: [[UInt8]: Outcome] = [:]
        var key: [UInt8]?
        while case .done(let found) = next(key) {
            #expect(content[found] == nil, "met twice")
            if content[found] != nil { break }
            content[found] = lookup(found)
            key = found
        }
        return content
    }

    /// Keys in order, the first one for unknown keys, ENOENT behind the last.
    @Test(arguments: [MapType.array, .perCPUArray])
    func arrayKeysInOrder(_ type: MapType) throws {
        let attributes = MapAttributes(type: type, keySize: 4, valueSize: 8, maxEntries: 5)
        let theirs = try KernelMap(attributes)
        let ours = try Map(attributes, domain: WorkerDomain())
        for index: UInt32 in [0, 1, 3, 4, 5, 6, 1000, .max] {
            #expect(ours.nextKeyOutcome(after: bytes(index)) == theirs.nextKey(after: bytes(index)), "\(index)")
        }
        #expect(ours.nextKeyOutcome(after: nil) == theirs.nextKey(after: nil))
    }

    @Test(arguments: [MapType.hash, .perCPUHash, .lruHash, .lruPerCPUHash])
    func nextKeyOfUnknownKeyStartsAgain(_ type: MapType) throws {
        let attributes = MapAttributes(type: type, keySize: 4, valueSize: 8, maxEntries: 500)
        let theirs = try KernelMap(attributes)
        let ours = try Map(attributes, domain: WorkerDomain(workers: KernelMap.possibleCPUs))
        #expect(ours.nextKeyOutcome(after: bytes(UInt32(9))) == theirs.nextKey(after: bytes(UInt32(9))))
        #expect(ours.nextKeyOutcome(after: nil) == theirs.nextKey(after: nil))
        for key: UInt32 in 1...3 {
            let value = [UInt8](repeating: 1, count: theirs.valueBytes)
            #expect(ours.updateOutcome(bytes(key), value, flags: 0) == theirs.update(bytes(key), value, flags: 0))
        }
        #expect(ours.nextKeyOutcome(after: bytes(UInt32(9))) == ours.nextKeyOutcome(after: nil))
        #expect(theirs.nextKey(after: bytes(UInt32(9))) == theirs.nextKey(after: nil))
    }

    @Test(arguments: [MapFlags.readOnlyUser, .writeOnlyUser, .readOnlyProgram, .writeOnlyProgram, []], [false, true])
    func access(_ flags: MapFlags, frozen: Bool) throws {
        let attributes = MapAttributes(type: .array, keySize: 4, valueSize: 8, maxEntries: 5, flags: flags)
        let theirs = try KernelMap(attributes)
        let ours = try Map(attributes, domain: WorkerDomain())
        if frozen {
            _ = theirs.freeze()
            ours.freeze()
        }
        let value: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
        #expect(
            ours.updateOutcome(bytes(UInt32(1)), value, flags: 0) == theirs.update(bytes(UInt32(1)), value, flags: 0))
        #expect(ours.lookupOutcome(bytes(UInt32(1))) == theirs.lookup(bytes(UInt32(1))))
        #expect(ours.nextKeyOutcome(after: nil) == theirs.nextKey(after: nil))
        #expect(ours.deleteOutcome(bytes(UInt32(1))) == theirs.delete(bytes(UInt32(1))))
    }
}

func bytes<Word: FixedWidthInteger>(_ word: Word) -> [UInt8] {
    withUnsafeBytes(of: word.littleEndian) { Array($0) }
}
