import CLinux
import Glibc
import Object
import Verifier

/// Maps of the running kernel that stand for `descriptions`, in their order. Needs root.
final class KernelMaps {
    private(set) var descriptors: [Int32] = []
    /// Inner maps that others were created from.
    private var prototypes: [Int32] = []

    private let entryLimit: Int

    /// - Parameter entryLimit: the verifier looks at the entries of arrays only; memory for more than this in maps of
    ///   other types is spared.
    init(_ descriptions: [MapDescription], entryLimit: Int = 256) throws(KernelError) {
        self.entryLimit = entryLimit
        for description in descriptions { descriptors.append(try create(description)) }
    }

    deinit { for descriptor in descriptors + prototypes { close(descriptor) } }

    private func create(_ map: MapDescription) throws(KernelError) -> Int32 {
        var extra = clinux_bpf_map_extra(
            inner_map: -1, btf: -1, key_type: 0, value_type: 0, map_extra: map.attributes.extra)
        if let inner = map.inner {
            let prototype = try create(MapDescription(name: "\(map.name), the inner map", attributes: inner))
            prototypes.append(prototype)
            extra.inner_map = prototype
        }
        // Held until the map exists, which keeps the kernel's own reference.
        var btf: KernelBTF?
        if let offset = map.spinLockOffset {
            let types = try KernelBTF(map: map.attributes, spinLockOffset: offset)
            (extra.btf, extra.key_type, extra.value_type) = (types.descriptor, types.types[0], types.types[1])
            btf = types
        }
        let attributes = map.attributes
        let result = withExtendedLifetime(btf) {
            clinux_bpf_map_create_with(
                attributes.type.rawValue, UInt32(attributes.keySize), UInt32(attributes.valueSize),
                maxEntries(attributes), attributes.flags.rawValue, &extra)
        }
        guard result >= 0 else { throw KernelError(operation: "map \(map.name)", errno: -result) }
        if let value = map.constantValue { try fill(result, value, map) }
        return result
    }

    private func maxEntries(_ attributes: MapAttributes) -> UInt32 {
        switch attributes.type {
        case .hash, .perCPUHash, .lruHash, .lruPerCPUHash, .lpmTrie, .hashOfMaps, .devmapHash, .sockhash, .queue,
            .stack, .stackTrace, .bloomFilter:
            UInt32(min(attributes.maxEntries, entryLimit))
        case .perfEventArray where attributes.maxEntries == 0: 1
        default: UInt32(attributes.maxEntries)
        }
    }

    private func fill(_ descriptor: Int32, _ value: [UInt8], _ map: MapDescription) throws(KernelError) {
        let updated = clinux_bpf_map_update(descriptor, [UInt8](repeating: 0, count: 4), value, 0)
        let frozen = updated < 0 ? updated : clinux_bpf_map_freeze(descriptor)
        guard frozen >= 0 else {
            close(descriptor)
            throw KernelError(operation: "contents of map \(map.name)", errno: -frozen)
        }
    }
}
