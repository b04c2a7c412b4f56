import Glibc
import Maps
import Object
import Testing

/// Which maps can be created: as on Linux, where the machine's size does not come into it.
@Suite struct AttributeTests {
    static let types: [MapType] = [.array, .perCPUArray, .hash, .perCPUHash]
    static let sizes: [(key: Int, value: Int, entries: Int)] = [
        (4, 8, 1), (0, 8, 1), (8, 8, 1), (4, 0, 1), (4, 8, 0), (1, 1, 1), (3, 3, 3), (16, 8, 10), (512, 8, 1),
        (4, 32768, 1), (4, 32769, 1), (4, 32760, 1), (4, 4 << 20, 1), (4, (4 << 20) - 53, 1), (4, (4 << 20) - 52, 1),
        (4, 1 << 31, 1), (0, 0, 0), (4, Int(UInt32.max), 1), (3, 8, 1),
    ]
    static let flags: [MapFlags] =
        [[]] + (0..<13).map { MapFlags(rawValue: 1 << $0) } + [
            [.readOnlyUser, .writeOnlyUser], [.readOnlyProgram, .writeOnlyProgram], [.readOnlyUser, .readOnlyProgram],
            MapFlags(rawValue: 1 << 31),
        ]

    @Test(arguments: types, Array(sizes.indices))
    func sizesAsLinux(_ type: MapType, _ index: Int) {
        let (key, value, entries) = Self.sizes[index]
        compare(MapAttributes(type: type, keySize: key, valueSize: value, maxEntries: entries))
    }

    @Test(arguments: types, flags)
    func flagsAsLinux(_ type: MapType, _ flags: MapFlags) {
        compare(MapAttributes(type: type, keySize: 4, valueSize: 8, maxEntries: 8, flags: flags))
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

    @Test(arguments: [MapType.lruHash, .lpmTrie, .ringbuf, .progArray, .queue, .arena])
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
        for (value, entries) in [(8, Int(UInt32.max)), (32768, Int(UInt32.max)), (32768, 1 << 20)] {
            let attributes = MapAttributes(type: type, keySize: 4, valueSize: value, maxEntries: entries)
            #expect(Self.refusal(attributes)?.errno == ENOMEM, "\(value) \(entries)")
        }
        let modest = MapAttributes(type: type, keySize: 4, valueSize: 8, maxEntries: 1 << 16)
        #expect(Self.refusal(modest, memoryLimit: 1 << 18)?.errno == ENOMEM)
        #expect(Self.refusal(modest, memoryLimit: 1 << 24) == nil)
        guard case .noMemory(let message)? = Self.refusal(modest, memoryLimit: 1000) else {
            Issue.record("not refused")
            return
        }
        #expect(message.contains("1000"))
    }

    @Test func allMapsTogetherStayWithinTheMachine() throws {
        let memory = Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE)))
        let attributes = MapAttributes(type: .array, keySize: 4, valueSize: 1 << 20, maxEntries: 4000)
        var maps: [Map] = []
        var refusal: MapError?
        while refusal == nil, maps.count * (4000 << 20) <= memory {
            do throws(MapError) { maps.append(try Map(attributes, domain: WorkerDomain())) } catch { refusal = error }
        }
        #expect(refusal?.errno == ENOMEM)
        maps = []
        #expect(Self.refusal(attributes) == nil, "memory comes back")
    }
}
