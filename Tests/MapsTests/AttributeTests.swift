import Glibc
import Object
import Testing

@testable import Maps

/// Which maps can be created: as on Linux, where the machine's size does not come into it.
@Suite struct AttributeTests {
    static let types: [MapType] = [.array, .perCPUArray, .hash, .perCPUHash, .lruHash, .lruPerCPUHash, .lpmTrie]
    static let sizes: [(key: Int, value: Int, entries: Int)] = [
        (4, 8, 1), (0, 8, 1), (8, 8, 1), (4, 0, 1), (4, 8, 0), (1, 1, 1), (3, 3, 3), (16, 8, 10), (512, 8, 1),
        (4, 32768, 1), (4, 32769, 1), (4, 32760, 1), (4, 4 << 20, 1), (4, (4 << 20) - 53, 1), (4, (4 << 20) - 52, 1),
        (4, 1 << 31, 1), (5, 8, 1), (260, 8, 1), (261, 8, 1), (260, (4 << 20) - 280, 1), (260, (4 << 20) - 279, 1),
        (0, 0, 0), (4, Int(UInt32.max), 1), (3, 8, 1),
    ]
    static let flags: [MapFlags] =
        [[]] + (0..<13).map { MapFlags(rawValue: 1 << $0) } + [
            [.readOnlyUser, .writeOnlyUser], [.noPrealloc, .noCommonLRU], [.numaNode, .noCommonLRU],
            [.numaNode, .noPrealloc], [.readOnlyProgram, .writeOnlyProgram], [.readOnlyUser, .readOnlyProgram],
            MapFlags(rawValue: 1 << 31),
        ]

    @Test(arguments: types, Array(sizes.indices))
    func sizesAsLinux(_ type: MapType, _ index: Int) {
        let (key, value, entries) = Self.sizes[index]
        let flags: MapFlags = type == .lpmTrie ? .noPrealloc : []
        compare(MapAttributes(type: type, keySize: key, valueSize: value, maxEntries: entries, flags: flags))
    }

    @Test(arguments: [MapType.queue, .stack, .bloomFilter])
    func keylessMapsAsLinux(_ type: MapType) {
        for (key, value, entries) in Self.sizes + [
            (0, 1, 1), (0, 8, 0), (0, 0, 8), (0, 24, 1000), (0, 4 << 20, 1), (0, (4 << 20) + 1, 1),
        ] where type != .bloomFilter || value <= 4 << 20 {
            compare(MapAttributes(type: type, keySize: key, valueSize: value, maxEntries: entries))
        }
        for flags in Self.flags {
            compare(MapAttributes(type: type, keySize: 0, valueSize: 8, maxEntries: 8, flags: flags))
        }
        for extra: UInt64 in [1, 5, 15, 16, 1 << 40] {
            compare(MapAttributes(type: type, keySize: 0, valueSize: 8, maxEntries: 8, extra: extra))
            compare(MapAttributes(type: .hash, keySize: 4, valueSize: 8, maxEntries: 8, extra: extra))
        }
    }

    @Test(arguments: [MapType.progArray, .perfEventArray, .devmap, .devmapHash, .cpumap, .xskmap, .ringbuf])
    func mapsOfOtherThingsAsLinux(_ type: MapType) {
        let isRing = type == .ringbuf
        for (key, value, entries) in Self.sizes + [
            (4, 4, 1), (4, 4, 1000), (4, 4, 0), (8, 4, 1), (4, 12, 1), (4, 4, 8192), (4, 4, 8193), (0, 0, 4096),
            (0, 0, 8192), (0, 0, 12288), (0, 0, 2048), (0, 8, 4096),
            // How many CPUs a kernel may have differs.
        ] where type != .cpumap || entries <= 64 || entries > 8192 {
            compare(MapAttributes(type: type, keySize: key, valueSize: value, maxEntries: entries))
        }
        for flags in Self.flags {
            compare(
                MapAttributes(
                    type: type, keySize: isRing ? 0 : 4, valueSize: isRing ? 0 : 4, maxEntries: isRing ? 4096 : 8,
                    flags: flags))
        }
    }

    @Test(arguments: [MapType.arrayOfMaps, .hashOfMaps]) func mapsOfMapsAsLinux(_ type: MapType) throws {
        let inner = MapAttributes(type: .hash, keySize: 4, valueSize: 8, maxEntries: 8)
        let prototype = try KernelMap(inner)
        func compare(_ attributes: MapAttributes) {
            var (ours, theirs): (Int32, Int32) = (0, 0)
            do throws(KernelError) { _ = try KernelMap(attributes, inner: prototype) } catch { theirs = error.errno }
            do throws(MapError) { _ = try Map(attributes, domain: WorkerDomain(), inner: inner) } catch {
                ours = error.errno
            }
            #expect(ours == theirs, "\(attributes)")
        }
        for (key, value, entries) in Self.sizes + [(4, 4, 1), (8, 4, 10), (512, 4, 1), (4, 8, 1)] {
            compare(MapAttributes(type: type, keySize: key, valueSize: value, maxEntries: entries))
        }
        for flags in Self.flags {
            compare(MapAttributes(type: type, keySize: 4, valueSize: 4, maxEntries: 8, flags: flags))
        }
        #expect(Self.refusal(MapAttributes(type: type, keySize: 4, valueSize: 4, maxEntries: 8))?.errno == EINVAL)
    }

    @Test(arguments: types, flags)
    func flagsAsLinux(_ type: MapType, _ flags: MapFlags) {
        let keySize = type == .lpmTrie ? 8 : 4
        compare(MapAttributes(type: type, keySize: keySize, valueSize: 8, maxEntries: 8, flags: flags))
        let more = flags.union(.noPrealloc)
        compare(MapAttributes(type: type, keySize: keySize, valueSize: 8, maxEntries: 8, flags: more))
    }

    private func compare(_ attributes: MapAttributes) {
        var theirs: Int32 = 0
        do throws(KernelError) { _ = try KernelMap(attributes) } catch { theirs = error.errno }
        #expect(Self.refusal(attributes)?.errno ?? 0 == theirs, "\(attributes)")
    }

    static func refusal(_ attributes: MapAttributes, memoryLimit: Int = Map.defaultMemoryLimit) -> MapError? {
        do throws(MapError) {
            _ = try Map(attributes, domain: WorkerDomain(), memoryLimit: memoryLimit)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [MapType.sockmap, .cgroupArray, .stackTrace, .arena])
    func otherTypesAreUnsupported(_ type: MapType) {
        let attributes = MapAttributes(type: type, keySize: 4, valueSize: 8, maxEntries: 8)
        #expect(Self.refusal(attributes) == .unsupported(type))
        #expect(Self.refusal(attributes)?.errno == EINVAL)
    }

    @Test(arguments: [
        (513, 8, 1), (Int.max, 8, 1), (4, Int.max, 1), (4, 8, Int.max), (4, 8, Int(UInt32.max) + 1),
        (Int.max, Int.max, Int.max),
    ])
    func sizesAboveTheirLimit(_ key: Int, _ value: Int, _ entries: Int) {
        let attributes = MapAttributes(type: .hash, keySize: key, valueSize: value, maxEntries: entries)
        #expect(Self.refusal(attributes)?.errno == E2BIG)
    }

    @Test(arguments: [(-1, 8, 1), (4, -8, 1), (4, 8, -1), (4, Int.min, 1)])
    func negativeSizes(_ key: Int, _ value: Int, _ entries: Int) {
        for type in Self.types {
            let attributes = MapAttributes(type: type, keySize: key, valueSize: value, maxEntries: entries)
            #expect(Self.refusal(attributes)?.errno == EINVAL)
        }
    }

    @Test(arguments: types)
    func moreMemoryThanAllowed(_ type: MapType) {
        let key = type == .lpmTrie ? 8 : 4
        let flags: MapFlags = type == .lpmTrie ? .noPrealloc : []
        for (value, entries) in [(8, Int(UInt32.max)), (32768, Int(UInt32.max)), (32768, 1 << 20)] {
            let attributes = MapAttributes(
                type: type, keySize: key, valueSize: value, maxEntries: entries, flags: flags)
            #expect(Self.refusal(attributes)?.errno == ENOMEM, "\(value) \(entries)")
        }
        let modest = MapAttributes(type: type, keySize: key, valueSize: 8, maxEntries: 1 << 16, flags: flags)
        #expect(Self.refusal(modest, memoryLimit: 1 << 18)?.errno == ENOMEM)
        #expect(Self.refusal(modest, memoryLimit: 1 << 24) == nil)
        guard case .noMemory(let message)? = Self.refusal(modest, memoryLimit: 1000) else {
            Issue.record("not refused")
            return
        }
        #expect(message.contains("1000"))
    }

    @Test func allMapsTogetherStayWithinABudget() throws {
        let budget = MemoryBudget(limit: 10 << 20)
        var taken: [MapMemory] = []
        for _ in 0..<5 { taken.append(try MapMemory(bytes: 2 << 20, limit: 1 << 30, budget: budget)) }
        #expect(throws: MapError.noMemory("the map needs 4096 bytes, 0 are left for maps")) {
            try MapMemory(bytes: 1, limit: 1 << 30, budget: budget)
        }
        taken.removeLast()
        #expect(budget.left == 2 << 20)
        taken.append(try MapMemory(bytes: 2 << 20, limit: 1 << 30, budget: budget))
        taken = []
        #expect(budget.left == 10 << 20)
        #expect(MemoryBudget.machine.limit > 1 << 26)
    }

    /// Large ones start at a huge page; all of it can be written, and is zero at first.
    @Test(arguments: [1, 4096, 4097, (4 << 20) - 1, 4 << 20, (4 << 20) + 1, 9 << 20])
    func memoryIsAllThere(_ bytes: Int) throws {
        let memory = try MapMemory(bytes: bytes, limit: 1 << 30)
        #expect(memory.bytes >= bytes && memory.bytes % 4096 == 0)
        #expect(UInt(bitPattern: memory.base) % (bytes >= 4 << 20 ? 2 << 20 : 4096) == 0)
        for offset in Set([0, bytes / 2, memory.bytes - 1]) {
            #expect(memory.base.load(fromByteOffset: offset, as: UInt8.self) == 0)
            memory.base.storeBytes(of: 0xff, toByteOffset: offset, as: UInt8.self)
        }
        withExtendedLifetime(memory) {}
    }
}
