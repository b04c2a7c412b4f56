import CLinux
import Glibc
import Maps
import Object
import TestSupport
import Testing

/// A map of the running kernel, by bpf(2). Needs root.
final class KernelMap {
    let attributes: MapAttributes
    let descriptor: Int32
    let valueBytes: Int

    /// The CPUs for which the kernel keeps values.
    static let possibleCPUs: Int = {
        guard let file = fopen("/sys/devices/system/cpu/possible", "r") else { return 1 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 64)
        guard fgets(&line, 64, file) != nil else { return 1 }
        let text = String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return (text.split(separator: "-").last.flatMap { Int($0) } ?? 0) + 1
    }()

    /// Fails with the errno.
    init(_ attributes: MapAttributes, inner: KernelMap? = nil) throws(KernelError) {
        self.attributes = attributes
        var extra = clinux_bpf_map_extra(
            inner_map: inner?.descriptor ?? -1, btf: -1, key_type: 0, value_type: 0, map_extra: attributes.extra)
        descriptor = clinux_bpf_map_create_with(
            attributes.type.rawValue, UInt32(attributes.keySize), UInt32(attributes.valueSize),
            UInt32(attributes.maxEntries), attributes.flags.rawValue, &extra)
        let perCPU = [.perCPUArray, .perCPUHash, .lruPerCPUHash].contains(attributes.type)
        valueBytes = perCPU ? (attributes.valueSize + 7) / 8 * 8 * Self.possibleCPUs : attributes.valueSize
        if descriptor < 0 { throw KernelError(errno: -descriptor) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func lookup(_ key: [UInt8]) -> Outcome {
        var value = [UInt8](repeating: 0, count: valueBytes)
        return Outcome(clinux_bpf_map_lookup(descriptor, key, &value), value)
    }

    func update(_ key: [UInt8], _ value: [UInt8], flags: UInt64) -> Outcome {
        Outcome(clinux_bpf_map_update(descriptor, key, value, flags))
    }

    func delete(_ key: [UInt8]) -> Outcome {
        guard !key.isEmpty else { return Outcome(clinux_bpf_map_delete(descriptor, nil)) }
        return Outcome(clinux_bpf_map_delete(descriptor, key))
    }

    func nextKey(after key: [UInt8]?) -> Outcome {
        var next = [UInt8](repeating: 0, count: attributes.keySize)
        guard let key else { return Outcome(clinux_bpf_map_next_key(descriptor, nil, &next), next) }
        return Outcome(clinux_bpf_map_next_key(descriptor, key, &next), next)
    }

    // Of maps without keys.

    func push(_ value: [UInt8], flags: UInt64) -> Outcome {
        Outcome(clinux_bpf_map_update(descriptor, nil, value, flags))
    }

    func peek() -> Outcome {
        var value = [UInt8](repeating: 0, count: valueBytes)
        return Outcome(clinux_bpf_map_lookup(descriptor, nil, &value), value)
    }

    func pop() -> Outcome {
        var value = [UInt8](repeating: 0, count: valueBytes)
        return Outcome(clinux_bpf_map_take(descriptor, nil, &value), value)
    }

    /// Of a Bloom filter.
    func contains(_ value: [UInt8]) -> Outcome {
        var value = value
        return Outcome(clinux_bpf_map_lookup(descriptor, nil, &value))
    }

    func freeze() -> Outcome { Outcome(clinux_bpf_map_freeze(descriptor)) }
}

struct KernelError: Error, Equatable {
    let errno: Int32
}

/// What an operation came to, in either implementation: bytes where there are some, or an errno.
enum Outcome: Equatable {
    case done([UInt8])
    case failed(Int32)

    init(_ result: Int32, _ bytes: [UInt8] = []) { self = result < 0 ? .failed(-result) : .done(bytes) }

    init(_ body: () throws(MapError) -> [UInt8]) {
        do throws(MapError) { self = .done(try body()) } catch { self = .failed(error.errno) }
    }
}

extension Map {
    func lookupOutcome(_ key: [UInt8]) -> Outcome { Outcome { () throws(MapError) in try lookup(key) } }

    func deleteOutcome(_ key: [UInt8]) -> Outcome {
        Outcome { () throws(MapError) in
            try delete(key)
            return []
        }
    }

    /// As bpf(2) has it: ENOENT behind the last key.
    func nextKeyOutcome(after key: [UInt8]?) -> Outcome {
        Outcome { () throws(MapError) in
            guard let next = try nextKey(after: key) else { throw .noEntry }
            return next
        }
    }

    /// By the user's path for the flags that it can express, else by the programs'.
    func updateOutcome(_ key: [UInt8], _ value: [UInt8], flags: UInt64) -> Outcome {
        guard let mode = UpdateMode(rawValue: flags) else {
            return Outcome(Int32(core.update(key, value, flags: flags, slot: 0)))
        }
        return Outcome { () throws(MapError) in
            try update(key, value, mode)
            return []
        }
    }
}

extension SplitMix {
    /// Seeds that are close together, as those of tests are, spread over all numbers.
    init(spread seed: UInt64) { self.init(seed: seed &* 0x9e37_79b9_7f4a_7c15 | 1) }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
}

/// `#expect` for inner loops: costs nothing where it holds.
func check(
    _ condition: Bool, _ comment: @autoclosure () -> Comment? = nil, at location: SourceLocation = #_sourceLocation
) {
    if !condition { Issue.record(comment() ?? "does not hold", sourceLocation: location) }
}
