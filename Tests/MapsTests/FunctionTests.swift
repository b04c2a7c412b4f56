import Glibc
import Maps
import Object
import TestSupport
import Testing

/// The C functions do what the map's own methods do.
@Suite struct FunctionTests {
    @Test(arguments: ProgramAccessTests.types, [4, 7, 8, 13, 16, 24])
    func functionsAreTheMapsOwn(_ type: MapType, _ keySize: Int) throws {
        let isArray = type == .array || type == .perCPUArray
        if isArray && keySize != 4 { return }
        let isLRU = type == .lruHash || type == .lruPerCPUHash
        let attributes = MapAttributes(type: type, keySize: keySize, valueSize: 8, maxEntries: 20)
        let map = try Map(attributes, domain: WorkerDomain(workers: 2))
        let core = map.core
        let functions = core.functions
        var random = SplitMix(spread: 5)
        let keys = (0..<30).map { isArray ? bytes(UInt32($0)) : random.bytes(keySize) }
        for step in 0..<2000 {
            let key = keys.randomElement(using: &random)!
            let slot = Int.random(in: 0...2, using: &random)
            let value = bytes(UInt64(step))
            let present = core.lookup(key, slot: slot)
            check(functions.lookup(functions.map, key, slot) == present)
            switch UInt8.random(in: 0..<4, using: &random) {
            case 0:
                let result = functions.delete(functions.map, key, slot)
                check(result == (isArray ? -Int64(EINVAL) : present == nil ? -Int64(ENOENT) : 0))
            default:
                let count = map.entryCount
                let result = functions.update(functions.map, key, value, 0, slot)
                check(result == (present == nil && count == 20 && !isLRU ? -Int64(E2BIG) : 0))
                if result == 0 { check(core.lookup(key, slot: slot)?.load(as: UInt64.self) == UInt64(step)) }
            }
        }
        check(functions.update(functions.map, keys[0], bytes(UInt64(0)), 7, 0) == -Int64(EINVAL))
        withExtendedLifetime(map) {}
    }

    @Test(arguments: [MapType.array, .perCPUArray], [1, 8, 12])
    func arrayLayout(_ type: MapType, _ valueSize: Int) throws {
        let attributes = MapAttributes(type: type, keySize: 4, valueSize: valueSize, maxEntries: 20)
        let map = try Map(attributes, domain: WorkerDomain(workers: 2))
        let layout = try #require(map.core.arrayLayout)
        #expect(layout.count == 20)
        #expect((layout.workerStride == 0) == (type == .array))
        for slot in 0...2 {
            for index in 0..<20 {
                let address = UnsafeMutableRawPointer(
                    bitPattern: layout.base + UInt(slot * layout.workerStride + index * layout.stride))
                #expect(map.core.lookup(bytes(UInt32(index)), slot: slot) == address)
            }
        }
        let hash = MapAttributes(type: .hash, keySize: 4, valueSize: 8, maxEntries: 20)
        #expect(try Map(hash, domain: WorkerDomain()).core.arrayLayout == nil)
    }

    /// As the comment on `HashLookupLayout` says, step by step.
    @Test(
        arguments: [MapType.hash, .lruHash, .perCPUHash, .lruPerCPUHash].flatMap { type in
            [4, 8, 12, 16].map { (type, $0) }
        }, [1, 8, 16, 32])
    func hashLookupLayout(_ kind: (type: MapType, keySize: Int), _ valueSize: Int) throws {
        let keySize = kind.keySize
        let elements = 1500
        let attributes = MapAttributes(type: kind.type, keySize: keySize, valueSize: valueSize, maxEntries: elements)
        let map = try Map(attributes, domain: WorkerDomain(workers: 2))
        let layout = try #require(map.core.hashLookupLayout)
        #expect(layout.isLRU == (kind.type == .lruHash || kind.type == .lruPerCPUHash))
        #expect((layout.perCPU != nil) == (kind.type == .perCPUHash || kind.type == .lruPerCPUHash))
        let value = [UInt8](repeating: 1, count: valueSize)
        func key(_ number: UInt64) -> [UInt8] {
            Array((bytes(number &* 0x9E37_79B9) + bytes(number &* 0x7F4A_7C15))[..<keySize])
        }
        for number in 0..<UInt64(elements) { check(map.core.update(key(number), value, flags: 1, slot: 0) == 0) }
        var unsure = 0
        for number in 0..<UInt64(2 * elements) {
            let worker = Int(number % 2)
            let found = map.core.lookup(key(number), slot: worker)
            let words = (key(number) + [UInt8](repeating: 0, count: 12)).withUnsafeBytes { key in
                (0..<(keySize + 7) / 8).map { key.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self) }
            }
            let (home, tag) = hashedPlace(words, layout)
            let bucket = try #require(UnsafeMutableRawPointer(bitPattern: layout.base)) + home
            let slots = (0..<layout.width).filter { bucket.load(fromByteOffset: $0, as: UInt8.self) == tag }
            let isKey = { (number: Int) in
                let slot = bucket + HashLookupLayout.firstSlot + number * layout.slotStride
                return words.indices.allSatisfy { slot.load(fromByteOffset: 8 * $0, as: UInt64.self) == words[$0] }
            }
            if let slot = slots.first(where: isKey) {
                var value = bucket + HashLookupLayout.firstSlot + slot * layout.slotStride + layout.valueOffset
                if let perCPU = layout.perCPU {
                    let own = perCPU.values + UInt(worker * perCPU.workerStride)
                    value =
                        try #require(UnsafeMutableRawPointer(bitPattern: own))
                        + home / layout.bucketStride * perCPU.bucketValueStride + slot * perCPU.valueStride
                }
                check(value == found)
                let references = bucket.load(fromByteOffset: HashLookupLayout.references, as: UInt8.self)
                check(references == 0 || layout.isLRU)
                check(!layout.isLRU || references & 1 << UInt8(slot) != 0)
            } else if slots.isEmpty, bucket.load(fromByteOffset: HashLookupLayout.overflow, as: UInt32.self) == 0 {
                check(found == nil)
            } else {
                unsure += 1
            }
        }
        // Two or three in ten where a bucket has room for one element or two.
        #expect(unsure < elements * 4 / 9)
        let other = try Map(
            MapAttributes(type: .array, keySize: 4, valueSize: 8, maxEntries: 9), domain: WorkerDomain())
        #expect(other.core.hashLookupLayout == nil)
        withExtendedLifetime((map, other)) {}
    }
}

/// What `HashLookupLayout` says of a key's words: the bucket's offset, and the tag.
func hashedPlace(_ words: [UInt64], _ layout: HashLookupLayout) -> (offset: Int, tag: UInt8) {
    var product: (high: UInt64, low: UInt64) = (0, 0)
    for word in words {
        let (high, low) = (product.high ^ product.low ^ word).multipliedFullWidth(by: layout.multiplier)
        product = (high, low)
    }
    // CRC-32C, a bit at a time: the polynomial's bits are reversed.
    var sum = product.low ^ product.high & 0xFFFF_FFFF
    for _ in 0..<64 { sum = sum >> 1 ^ (sum & 1 != 0 ? 0x82F6_3B78 : 0) }
    let offset =
        layout.placeMask != 0 ? sum & layout.placeMask : ((sum * layout.buckets) >> 32) * UInt64(layout.bucketStride)
    return (Int(offset), UInt8(truncatingIfNeeded: product.high & 0x7f | 0x80))
}
