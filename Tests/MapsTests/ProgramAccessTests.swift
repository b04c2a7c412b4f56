import Glibc
import Object
import Testing

@testable import Maps

/// What programs see, and how it meets what user space sees.
@Suite struct ProgramAccessTests {
    static let types: [MapType] = [.array, .perCPUArray, .hash, .perCPUHash, .lruHash, .lruPerCPUHash]
    static let workers = 3

    private func map(_ type: MapType, key: Int = 4, value: Int = 8, entries: Int = 4) throws -> Map {
        let attributes = MapAttributes(type: type, keySize: key, valueSize: value, maxEntries: entries)
        return try Map(attributes, domain: WorkerDomain(workers: Self.workers))
    }

    /// An update with flags, or a deletion (nil), of the element `key` of four; and what comes of it.
    struct Step {
        let key: UInt32
        let flags: UInt64?
        let errno: Int32

        init(_ key: UInt32, _ flags: UInt64?, _ errno: Int32) {
            self.key = key
            self.flags = flags
            self.errno = errno
        }
    }

    static let arraySteps: [Step] = [
        Step(0, 0, 0), Step(0, 1, EEXIST), Step(0, 2, 0), Step(0, 3, EINVAL), Step(0, 4, EINVAL),
        Step(0, .max, EINVAL), Step(4, 0, E2BIG), Step(4, 1, E2BIG), Step(.max, 2, E2BIG), Step(4, 3, EINVAL),
        Step(4, 4, E2BIG), Step(4, 5, E2BIG), Step(0, 5, EEXIST), Step(0, nil, EINVAL), Step(9, nil, EINVAL),
    ]
    static let hashSteps: [Step] = [
        Step(0, nil, ENOENT), Step(0, 2, ENOENT), Step(0, 1, 0), Step(0, 1, EEXIST), Step(0, 3, EINVAL),
        Step(0, 4, EINVAL), Step(1, 0, 0), Step(2, 0, 0), Step(3, 0, 0), Step(4, 0, E2BIG), Step(4, 1, E2BIG),
        Step(3, 1, EEXIST), Step(4, 2, ENOENT), Step(3, 0, 0), Step(3, nil, 0), Step(3, nil, ENOENT), Step(4, 0, 0),
    ]

    @Test(arguments: types)
    func errors(_ type: MapType) throws {
        let map = try map(type)
        let core = map.core
        let isArray = type == .array || type == .perCPUArray
        // What evicts is never full.
        let isFull = type == .hash || type == .perCPUHash
        let steps = isArray ? Self.arraySteps : Self.hashSteps.filter { isFull || $0.errno != E2BIG }
        for (index, step) in steps.enumerated() {
            let result =
                if let flags = step.flags {
                    core.update(bytes(step.key), bytes(UInt64(7)), flags: flags, slot: 0)
                } else {
                    core.delete(bytes(step.key), slot: 0)
                }
            #expect(result == -Int64(step.errno), "step \(index)")
        }
        withExtendedLifetime(map) {}
    }

    @Test(arguments: types, [1, 4, 8, 12, 100])
    func valuesAreAlignedAndInTheirRegion(_ type: MapType, _ valueSize: Int) throws {
        let map = try map(type, value: valueSize, entries: 40)
        let core = map.core
        let region = core.valueRegion
        var seen: Set<UnsafeMutableRawPointer> = []
        for index in 0..<UInt32(40) {
            let value = [UInt8](repeating: UInt8(index), count: valueSize)
            #expect(core.update(bytes(index), value, flags: 0, slot: 1) == 0)
            for slot in 0...Self.workers {
                let address = try #require(core.lookup(bytes(index), slot: slot))
                #expect(UInt(bitPattern: address) % 8 == 0)
                #expect(address >= region.base && address + valueSize <= region.base + region.bytes)
                #expect((address - region.base) % region.stride == 0)
                #expect(core.valueStart(address, bytes: valueSize) == UnsafeRawPointer(address))
                #expect(core.valueStart(address + valueSize - 1, bytes: 1) == UnsafeRawPointer(address))
                #expect(core.valueStart(address, bytes: valueSize + 1) == nil)
                // Padding, or the next slot's key.
                let isInTable = type == .hash || type == .lruHash
                if valueSize % 8 != 0 || isInTable { #expect(core.valueStart(address + valueSize, bytes: 1) == nil) }
                if isInTable { #expect(core.valueStart(address - 1, bytes: 1) == nil) }
                seen.insert(address)
            }
        }
        #expect(seen.count == (map.isPerCPU ? 40 * (Self.workers + 1) : 40))
        #expect(core.valueStart(region.base - 1, bytes: 1) == nil)
        #expect(core.valueStart(region.base + region.bytes, bytes: 1) == nil)
    }

    /// Every address of the region is either in the value of some slot or refused.
    @Test(arguments: [4, 8, 16, 24, 32, 40, 48, 100])
    func noHeaderOrKeyIsAValue(_ keySize: Int) throws {
        let map = try map(.hash, key: keySize, entries: 5000)
        let core = map.core
        let region = core.valueRegion
        guard case .hash(let hash) = core.kind else { return }
        let table = hash.table
        var values: Set<Int> = []
        for bucket in 0..<Int(table.pointee.buckets) {
            for index in 0..<table.pointee.width {
                values.insert(table.pointee.slot(bucket, index) + table.pointee.valueOffset - region.base)
            }
        }
        for offset in stride(from: 0, to: region.bytes, by: 8) {
            let address = region.base + offset
            check(core.valueStart(address, bytes: 8) == (values.contains(offset) ? UnsafeRawPointer(address) : nil))
        }
        withExtendedLifetime(map) {}
    }

    @Test(arguments: [MapType.perCPUArray, .perCPUHash])
    func workersHaveTheirOwnValues(_ type: MapType) throws {
        let map = try map(type)
        let key = bytes(UInt32(1))
        for slot in 0...Self.workers {
            #expect(map.core.update(key, bytes(UInt64(slot + 1)), flags: 0, slot: slot) == 0)
        }
        for slot in 0...Self.workers {
            #expect(map.core.lookup(key, slot: slot)?.load(as: UInt64.self) == UInt64(slot + 1))
        }
        #expect(try map.lookup(key) == [1, 2, 3].flatMap { bytes(UInt64($0)) })
        #expect(map.userValueSize == 24)
    }

    /// Also when the slot had another element's values before.
    @Test func anInsertZeroesTheOtherWorkersValues() throws {
        let map = try map(.perCPUHash, value: 12)
        let other = [UInt8](repeating: 9, count: map.userValueSize)
        for key in 0..<UInt32(6_000) {
            try map.update(bytes(key), other)
            try map.delete(bytes(key))
            let worker = Int(key) % (Self.workers + 1)
            let fresh = bytes(key + 1_000_000)
            check(map.core.update(fresh, [UInt8](repeating: 5, count: 12), flags: 0, slot: worker) == 0)
            for slot in 0...Self.workers {
                let address = try #require(map.core.lookup(fresh, slot: slot))
                let value = UnsafeRawBufferPointer(start: address, count: 12)
                check(value.allSatisfy { $0 == (slot == worker ? 5 : 0) }, "key \(key) slot \(slot)")
            }
            try map.delete(fresh)
        }
    }

    @Test(arguments: [MapType.perCPUArray, .perCPUHash])
    func theSlotOfNoWorkerIsUnseenByUserSpace(_ type: MapType) throws {
        let map = try map(type)
        let key = bytes(UInt32(1))
        #expect(map.core.update(key, bytes(UInt64(77)), flags: 0, slot: map.domain.spareSlot) == 0)
        #expect(try map.lookup(key) == [UInt8](repeating: 0, count: 24))
        let batch = try map.entries(limit: 10)
        #expect(batch.values.allSatisfy { $0 == 0 })
        // A write of user space reaches it: the first worker's value.
        try map.update(key, [4, 5, 6].flatMap { bytes(UInt64($0)) })
        #expect(map.core.lookup(key, slot: map.domain.spareSlot)?.load(as: UInt64.self) == 4)
        withExtendedLifetime(map) {}
    }

    @Test func onlyArraysHaveADirectValue() throws {
        for type in Self.types {
            let map = try map(type)
            _ = map.core.update(bytes(UInt32(0)), bytes(UInt64(3)), flags: 0, slot: 0)
            #expect((map.core.directValue() != nil) == (type == .array))
            if let value = map.core.directValue() { #expect(value == map.core.lookup(bytes(UInt32(0)), slot: 0)) }
        }
    }

    /// A program's stack may have them anywhere.
    @Test(arguments: types)
    func unalignedKeysAndValues(_ type: MapType) throws {
        let map = try map(type)
        let core = map.core
        var memory = [UInt8](repeating: 0xee, count: 32)
        memory.withUnsafeMutableBytes { memory in
            memory.storeBytes(of: 2, toByteOffset: 3, as: UInt32.self)
            memory.storeBytes(of: 0x1122_3344_5566_7788, toByteOffset: 9, as: UInt64.self)
            let key = UnsafeRawPointer(memory.baseAddress! + 3)
            #expect(core.update(key, UnsafeRawPointer(memory.baseAddress! + 9), flags: 0, slot: 0) == 0)
            #expect(core.lookup(key, slot: 0)?.load(as: UInt64.self) == 0x1122_3344_5566_7788)
        }
        #expect(core.lookup(bytes(UInt32(2)), slot: 0)?.load(as: UInt64.self) == 0x1122_3344_5566_7788)
        withExtendedLifetime(map) {}
    }

    /// Programs write through the address; user space reads it.
    @Test func arraysAreZeroAtFirst() throws {
        let map = try map(.array, value: 16)
        #expect(try map.lookup(bytes(UInt32(3))) == [UInt8](repeating: 0, count: 16))
        map.core.lookup(bytes(UInt32(3)), slot: 0)?.storeBytes(of: 0xab, toByteOffset: 15, as: UInt8.self)
        #expect(try map.lookup(bytes(UInt32(3))) == [UInt8](repeating: 0, count: 15) + [0xab])
    }
}
