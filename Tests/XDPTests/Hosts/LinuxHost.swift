import CLinux
import Glibc
import Object
import Verifier

@testable import KernelRun

/// The running kernel. Needs root.
final class LinuxHost: XDPHost {
    private let file: ObjectFile
    private let maps: KernelMaps
    private let program: KernelProgram
    /// What maps of maps and program arrays hold.
    private var inner: [(map: String, key: [UInt8], contents: KernelMaps)] = []
    private var targets: [KernelProgram] = []
    /// By index of the map that they belong to.
    private var records: [Int: KernelRecords] = [:]

    init(_ file: ObjectFile, function: String?) throws {
        self.file = file
        let descriptions = file.maps.map { MapDescription(definition: $0, btf: file.btf) }
        maps = try KernelMaps(descriptions, entryLimit: .max)
        for (definition, descriptor) in zip(file.maps, maps.descriptors) {
            guard let bytes = definition.initialValue, !definition.attributes.flags.contains(.readOnlyProgram) else {
                continue
            }
            try Self.check(clinux_bpf_map_update(descriptor, [0, 0, 0, 0], bytes, 0), "map \(definition.name)")
        }
        program = try Self.load(file.program(function, type: .xdp), maps)
        for (index, definition) in file.maps.enumerated() where definition.attributes.type == .progArray {
            for value in definition.values {
                let target = try Self.load(file.program(value.name, type: .xdp), maps)
                targets.append(target)
                let key = u32(UInt32(value.index))
                try Self.check(
                    clinux_bpf_map_update(maps.descriptors[index], key, u32(UInt32(target.descriptor)), 0),
                    "program in \(definition.name)")
            }
        }
        for (index, definition) in file.maps.enumerated() {
            switch definition.attributes.type {
            case .ringbuf:
                records[index] = try KernelRecords(
                    ringBuffer: maps.descriptors[index], bytes: definition.attributes.maxEntries)
            case .perfEventArray: records[index] = try KernelRecords(perfEvents: maps.descriptors[index])
            default: break
            }
        }
    }

    private static func load(_ code: ObjectProgram, _ maps: KernelMaps) throws -> KernelProgram {
        try KernelProgram(code, maps: maps, hasFragments: code.section.hasPrefix("xdp.frags"))
    }

    private static func check(_ result: Int32, _ operation: String) throws {
        guard result >= 0 else { throw KernelError(operation: operation, errno: -result) }
    }

    private func index(of map: String) throws -> Int {
        guard let index = file.maps.firstIndex(where: { $0.name == map }) else { throw HostError("no map \(map)") }
        return index
    }

    func write(_ entry: Scenario.Entry) throws {
        let index = try index(of: entry.map)
        let attributes = file.maps[index].attributes
        let value: [UInt8]
        switch entry.content {
        case .value(let bytes):
            value =
                attributes.type.isPerCPU
                ? bytes + [UInt8](repeating: 0, count: Self.valueBytes(attributes) - bytes.count) : bytes
        case .map(let entries):
            guard let attributes = file.maps[index].inner else { throw HostError("no maps are in \(entry.map)") }
            let map = try KernelMaps([MapDescription(name: entry.map, attributes: attributes)], entryLimit: .max)
            for (key, value) in entries {
                try Self.check(clinux_bpf_map_update(map.descriptors[0], key, value, 0), "map in \(entry.map)")
            }
            inner.append((entry.map, entry.key, map))
            value = u32(UInt32(map.descriptors[0]))
        }
        try Self.check(
            clinux_bpf_map_update(maps.descriptors[index], entry.key.isEmpty ? nil : entry.key, value, 0),
            "entry of \(entry.map)")
    }

    func run(_ packet: Packet) throws -> XDPOutcome {
        let outcome = try program.run(packet.bytes, metadata: packet.metadata)
        return XDPOutcome(
            verdict: XDPVerdict(outcome.verdict), packet: Packet(outcome.packet, metadata: outcome.metadata))
    }

    func contents(of map: String) throws -> MapContents? {
        let index = try index(of: map)
        let attributes = file.maps[index].attributes
        switch attributes.type {
        case .ringbuf, .perfEventArray: return numbered(records[index]?.all ?? [])
        case .queue, .stack: return numbered(Self.elements(maps.descriptors[index], attributes))
        case .hashOfMaps, .arrayOfMaps:
            var contents: MapContents = [:]
            for inner in inner where inner.map == map {
                guard let attributes = file.maps[index].inner else { continue }
                for (key, value) in try Self.contents(inner.contents.descriptors[0], attributes) ?? [:] {
                    contents[inner.key + key] = value
                }
            }
            return contents
        default: return try Self.contents(maps.descriptors[index], attributes)
        }
    }

    /// Takes everything out of a queue or stack.
    private static func elements(_ map: Int32, _ attributes: MapAttributes) -> [[UInt8]] {
        var elements: [[UInt8]] = []
        var value = [UInt8](repeating: 0, count: attributes.valueSize)
        while clinux_bpf_map_take(map, nil, &value) == 0 { elements.append(value) }
        return elements
    }

    private static func contents(_ map: Int32, _ attributes: MapAttributes) throws -> MapContents? {
        guard attributes.type.isReadable else { return nil }
        var contents: MapContents = [:]
        var key = [UInt8](repeating: 0, count: attributes.keySize)
        var value = [UInt8](repeating: 0, count: valueBytes(attributes))
        var result = clinux_bpf_map_next_key(map, nil, &key)
        while result == 0 {
            try check(clinux_bpf_map_lookup(map, key, &value), "lookup")
            let first = Array(value.prefix(attributes.valueSize))
            if !attributes.type.isArray || first.contains(where: { $0 != 0 }) { contents[key] = first }
            let last = key
            result = clinux_bpf_map_next_key(map, last, &key)
        }
        return contents
    }

    private static func valueBytes(_ attributes: MapAttributes) -> Int {
        attributes.type.isPerCPU ? (attributes.valueSize + 7) / 8 * 8 * possibleCPUs : attributes.valueSize
    }

    /// CPUs for which the kernel keeps values.
    private static let possibleCPUs: Int = {
        guard let file = fopen("/sys/devices/system/cpu/possible", "r") else { return 1 }
        defer { fclose(file) }
        var first: Int32 = 0
        var last: Int32 = 0
        let read = withUnsafeMutablePointer(to: &first) { first in
            withUnsafeMutablePointer(to: &last) { last in
                withVaList([first, last]) { vfscanf(file, "%d-%d", $0) }
            }
        }
        return read == 2 ? Int(last) + 1 : 1
    }()
}
