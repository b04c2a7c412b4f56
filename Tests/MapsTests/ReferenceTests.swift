import Maps
import Object
import TestSupport
import Testing

/// Maps of maps and of redirect targets, by user space, against the kernel's. Needs root, for bpf(2).
@Suite struct ReferenceTests {
    /// What it came to, without the bytes: they are identifiers.
    private func status(_ outcome: Outcome) -> Int32 {
        if case .failed(let errno) = outcome { errno } else { 0 }
    }

    private func status(_ body: () throws(MapError) -> Void) -> Int32 {
        do throws(MapError) { try body() } catch { return error.errno }
        return 0
    }

    private static let inner = MapAttributes(type: .array, keySize: 4, valueSize: 8, maxEntries: 3)

    @Test(arguments: [MapType.arrayOfMaps, .hashOfMaps]) func mapsInMaps(_ type: MapType) throws {
        let attributes = MapAttributes(type: type, keySize: 4, valueSize: 4, maxEntries: 3)
        let domain = WorkerDomain()
        let (ourInner, theirInner) = (try Map(Self.inner, domain: domain), try KernelMap(Self.inner))
        let ours = try Map(attributes, domain: domain, inner: Self.inner)
        let theirs = try KernelMap(attributes, inner: theirInner)
        var random = SplitMix(spread: 4)
        for step in 0..<400 {
            let key = bytes(UInt32.random(in: 0..<5, using: &random))
            switch UInt8.random(in: 0..<5, using: &random) {
            case 0..<2:
                let flags: UInt64 = [0, 0, 0, 1, 2].randomElement(using: &random)!
                let mode = try #require(UpdateMode(rawValue: flags))
                let our = status { () throws(MapError) in try ours.setMap(key, ourInner, mode) }
                check(our == status(theirs.update(key, bytes(theirInner.descriptor), flags: flags)), "step \(step)")
            case 2: check(status(ours.deleteOutcome(key)) == status(theirs.delete(key)), "step \(step)")
            case 3: check(status(ours.lookupOutcome(key)) == status(theirs.lookup(key)), "step \(step)")
            default:
                guard type == .arrayOfMaps else { continue }
                check(ours.nextKeyOutcome(after: key) == theirs.nextKey(after: key), "step \(step)")
            }
        }
        #expect(status { () throws(MapError) in try ours.update(bytes(UInt32(0)), bytes(UInt32(9999))) } == 9)
        #expect(status(theirs.update(bytes(UInt32(0)), bytes(UInt32(9999)), flags: 0)) == 9)
    }

    /// Which maps may be in a map of maps: as on Linux, but that the lengths of per-CPU arrays count too.
    @Test func whichMapsFit() throws {
        let domain = WorkerDomain()
        let hash = MapAttributes(type: .hash, keySize: 4, valueSize: 8, maxEntries: 3)
        let variants = [
            Self.inner, MapAttributes(type: .array, keySize: 4, valueSize: 8, maxEntries: 4),
            MapAttributes(type: .array, keySize: 4, valueSize: 12, maxEntries: 3),
            MapAttributes(type: .array, keySize: 4, valueSize: 8, maxEntries: 3, flags: .innerMap),
            MapAttributes(type: .array, keySize: 4, valueSize: 8, maxEntries: 4, flags: .innerMap), hash,
            MapAttributes(type: .hash, keySize: 4, valueSize: 8, maxEntries: 30),
            MapAttributes(type: .hash, keySize: 4, valueSize: 8, maxEntries: 3, flags: .noPrealloc),
            MapAttributes(type: .lruHash, keySize: 4, valueSize: 8, maxEntries: 3),
            MapAttributes(type: .ringbuf, keySize: 0, valueSize: 0, maxEntries: 4096),
            MapAttributes(type: .ringbuf, keySize: 0, valueSize: 0, maxEntries: 8192),
        ]
        let attributes = MapAttributes(type: .arrayOfMaps, keySize: 4, valueSize: 4, maxEntries: 1)
        let zero = bytes(UInt32(0))
        for template in variants {
            let theirs = try KernelMap(attributes, inner: try KernelMap(template))
            let ours = try Map(attributes, domain: domain, inner: template)
            for variant in variants {
                let (one, other) = (try Map(variant, domain: domain), try KernelMap(variant))
                let our = status { () throws(MapError) in try ours.setMap(zero, one) }
                #expect(our == status(theirs.update(zero, bytes(other.descriptor), flags: 0)), "\(template) \(variant)")
            }
        }
        for type in [MapType.arrayOfMaps, .progArray] {
            let held = MapAttributes(type: type, keySize: 4, valueSize: 4, maxEntries: 1)
            let prototype = type == .progArray ? try KernelMap(held) : try KernelMap(held, inner: try KernelMap(hash))
            var theirs: Int32 = 0
            do throws(KernelError) { _ = try KernelMap(attributes, inner: prototype) } catch { theirs = error.errno }
            #expect(status { () throws(MapError) in _ = try Map(attributes, domain: domain, inner: held) } == theirs)
        }
    }

    @Test(arguments: [
        (MapType.devmap, 4), (.devmap, 8), (.devmapHash, 4), (.devmapHash, 8), (.cpumap, 4), (.cpumap, 8),
    ])
    func redirectTargets(_ type: MapType, _ valueSize: Int) throws {
        let attributes = MapAttributes(type: type, keySize: 4, valueSize: valueSize, maxEntries: 2)
        let ours = try Map(attributes, domain: WorkerDomain(workers: KernelMap.possibleCPUs))
        let theirs = try KernelMap(attributes)
        var random = SplitMix(spread: UInt64(valueSize))
        let targets: [UInt32] = type == .cpumap ? [0, 1, 192, 16384, 16385, .max] : [0, 1]
        for step in 0..<300 {
            let key = bytes(UInt32.random(in: 0..<4, using: &random))
            switch UInt8.random(in: 0..<6, using: &random) {
            case 0..<3:
                let flags: UInt64 = [0, 0, 0, 1, 2].randomElement(using: &random)!
                let program: Int32 = UInt8.random(in: 0..<6, using: &random) == 0 ? 9999 : 0
                let target = targets.randomElement(using: &random)!
                // Both are wrong, and which of them is told is not of interest.
                if program != 0 && (target == 0 || flags == 1) { continue }
                let value = Array((bytes(target) + bytes(program)).prefix(valueSize))
                let our = status { () throws(MapError) in
                    try ours.update(key, value, UpdateMode(rawValue: flags) ?? .any)
                }
                let their = status(theirs.update(key, value, flags: flags))
                check(our == their || program != 0 && our != 0 && their != 0, "step \(step): \(our), Linux \(their)")
            case 3: check(ours.deleteOutcome(key) == theirs.delete(key), "step \(step)")
            case 4: check(ours.lookupOutcome(key) == theirs.lookup(key), "step \(step)")
            default:
                guard type != .devmapHash else { continue }
                check(ours.nextKeyOutcome(after: key) == theirs.nextKey(after: key), "step \(step)")
            }
        }
    }

    /// Elements that are there are walked, and copied with what they lead to.
    @Test func walksAndCopies() throws {
        let domain = WorkerDomain()
        for type in [MapType.devmap, .devmapHash] {
            let map = try Map(
                MapAttributes(type: type, keySize: 4, valueSize: 8, maxEntries: 600), domain: domain)
            for index: UInt32 in stride(from: 0, to: 600, by: 7) { try map.setTarget(bytes(index), index + 1) }
            try map.delete(bytes(UInt32(14)))
            let copy = try map.copy(domain: WorkerDomain())
            #expect(copy.entryCount == 85)
            var seen: Set<[UInt8]> = []
            try copy.forEach { key, value in
                seen.insert(Array(key))
                return (try? map.lookup(Array(key))[...]) == value
            }
            #expect(seen.count == 85)
            try map.clear()
            #expect(map.entryCount == 0)
        }
        let outer = try Map(
            MapAttributes(type: .hashOfMaps, keySize: 4, valueSize: 4, maxEntries: 4), domain: domain,
            inner: Self.inner)
        let inner = try Map(Self.inner, domain: domain)
        try inner.update(bytes(UInt32(1)), bytes(UInt64(77)))
        try outer.setMap(bytes(UInt32(9)), inner)
        #expect(try outer.lookup(bytes(UInt32(9))) == bytes(inner.id))
        #expect(outer.contentBytes == 8 + 3 * 12)
        let copied = try #require(try outer.copy(domain: WorkerDomain()).innerMap(bytes(UInt32(9))))
        #expect(copied !== inner)
        #expect(try copied.lookup(bytes(UInt32(1))) == bytes(UInt64(77)))
    }

    /// What is taken out is kept as long as a worker may use it.
    @Test func removedMapsWaitForWorkers() throws {
        let domain = WorkerDomain(workers: 2)
        let outer = try Map(
            MapAttributes(type: .arrayOfMaps, keySize: 4, valueSize: 4, maxEntries: 1), domain: domain,
            inner: Self.inner)
        let zero = bytes(UInt32(0))
        weak var seen: Map?
        func swap() throws {
            let map = try Map(Self.inner, domain: domain)
            seen = map
            try outer.setMap(zero, map)
            domain.online(1)
            try outer.delete(zero)
        }
        try swap()
        #expect(outer.retiredReferences == 1)
        #expect(seen != nil)
        domain.quiescent(1)
        try outer.setMap(zero, try Map(Self.inner, domain: domain))
        #expect(outer.retiredReferences == 0)
        #expect(seen == nil)
        domain.offline(1)
    }
}
