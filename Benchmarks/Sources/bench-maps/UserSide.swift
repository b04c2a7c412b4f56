import CKernel
import Maps
import Measuring
import Subjects

/// Something that keys are given to from user space, in blocks: a map of Swale, or one of the kernel.
protocol UserSide {
    /// Operations on each key of a block; how many did not end as expected.
    func lookUp(_ keys: UnsafeRawBufferPointer, isHit: Bool) throws -> Int
    func update(_ keys: UnsafeRawBufferPointer, isNew: Bool) throws -> Int
    func delete(_ keys: UnsafeRawBufferPointer) throws -> Int
    /// Inserts each key and deletes it at once.
    func pair(_ keys: UnsafeRawBufferPointer) throws -> Int

    // The same for a block as a whole.

    /// Reads the next elements of the map, as many as a block holds; how many.
    func readBatch() throws -> Int
    func updateBatch(_ keys: UnsafeRawBufferPointer) throws
    func deleteBatch(_ keys: UnsafeRawBufferPointer) throws
}

enum UserBlock {
    /// Keys in a block.
    static let size = 1024
}

/// By the API of Swale's maps, in this process.
final class SwaleUser: UserSide {
    private let map: Map
    private let keySize: Int
    private var value: [UInt8]
    private var keys: [UInt8]
    private var values: [UInt8]
    private var cursor: UInt64?

    init(_ pair: MapPair) {
        map = pair.map
        keySize = pair.shape.keySize
        value = [UInt8](repeating: 1, count: map.userValueSize)
        keys = [UInt8](repeating: 0, count: UserBlock.size * keySize)
        values = [UInt8](repeating: 1, count: UserBlock.size * map.userValueSize)
    }

    @inline(__always)
    private func failures(
        _ keys: UnsafeRawBufferPointer, _ operation: (UnsafeRawBufferPointer) throws(MapError) -> Void
    ) -> Int {
        var failures = 0
        for offset in stride(from: 0, to: keys.count, by: keySize) {
            let key = UnsafeRawBufferPointer(start: keys.baseAddress! + offset, count: keySize)
            do throws(MapError) { try operation(key) } catch { failures += 1 }
        }
        return failures
    }

    func lookUp(_ keys: UnsafeRawBufferPointer, isHit: Bool) -> Int {
        let failed = value.withUnsafeMutableBytes { value in
            failures(keys) { (key) throws(MapError) in try map.lookup(key, into: value) }
        }
        return isHit ? failed : keys.count / keySize - failed
    }

    func update(_ keys: UnsafeRawBufferPointer, isNew: Bool) -> Int {
        let mode = isNew ? UpdateMode.noExist : .any
        return value.withUnsafeBytes { value in
            failures(keys) { (key) throws(MapError) in try map.update(key, value, mode) }
        }
    }

    func delete(_ keys: UnsafeRawBufferPointer) -> Int {
        failures(keys) { (key) throws(MapError) in try map.delete(key) }
    }

    func pair(_ keys: UnsafeRawBufferPointer) -> Int {
        value.withUnsafeBytes { value in
            failures(keys) { (key) throws(MapError) in
                try map.update(key, value, .noExist)
                try map.delete(key)
            }
        }
    }

    func readBatch() throws -> Int {
        try keys.withUnsafeMutableBytes { keys in
            try values.withUnsafeMutableBytes { values in
                try map.readEntries(after: &cursor, limit: UserBlock.size, keys: keys, values: values)
            }
        }
    }

    func updateBatch(_ keys: UnsafeRawBufferPointer) throws {
        let size = map.userValueSize
        let failed = values.withUnsafeBytes { values in
            var offset = 0
            return failures(keys) { (key) throws(MapError) in
                defer { offset += size }
                try map.update(key, UnsafeRawBufferPointer(start: values.baseAddress! + offset, count: size))
            }
        }
        guard failed == 0 else { throw Failure("\(failed) updates of a batch failed") }
    }

    func deleteBatch(_ keys: UnsafeRawBufferPointer) throws {
        let failed = delete(keys)
        guard failed == 0 else { throw Failure("\(failed) deletions of a batch failed") }
    }
}

/// By bpf(2): a system call for each key, or for each block.
final class KernelUser: UserSide {
    private let descriptor: Int32
    private let keySize: Int
    private var keys: [UInt8]
    private var values: [UInt8]
    private var position = ckernel_position()

    init(_ pair: MapPair, _ kernel: KernelObject) throws {
        descriptor = try kernel.map("measured")
        keySize = pair.shape.keySize
        keys = [UInt8](repeating: 0, count: UserBlock.size * 8)
        values = [UInt8](repeating: 1, count: UserBlock.size * pair.userValueSize)
    }

    func lookUp(_ keys: UnsafeRawBufferPointer, isHit: Bool) -> Int {
        let count = keys.count / keySize
        let failed = ckernel_lookup(descriptor, keys.baseAddress, keySize, count, &values)
        return isHit ? failed : count - failed
    }

    func update(_ keys: UnsafeRawBufferPointer, isNew: Bool) -> Int {
        ckernel_update(descriptor, keys.baseAddress, keySize, keys.count / keySize, values, isNew ? 1 : 0)
    }

    func delete(_ keys: UnsafeRawBufferPointer) -> Int {
        ckernel_delete(descriptor, keys.baseAddress, keySize, keys.count / keySize)
    }

    func pair(_ keys: UnsafeRawBufferPointer) -> Int {
        ckernel_pair(descriptor, keys.baseAddress, keySize, keys.count / keySize, values)
    }

    func readBatch() throws -> Int {
        try checked(ckernel_lookup_batch(descriptor, &position, &keys, &values, UInt32(UserBlock.size)))
    }

    func updateBatch(_ keys: UnsafeRawBufferPointer) throws {
        _ = try checked(ckernel_update_batch(descriptor, keys.baseAddress, values, UInt32(keys.count / keySize)))
    }

    func deleteBatch(_ keys: UnsafeRawBufferPointer) throws {
        _ = try checked(ckernel_delete_batch(descriptor, keys.baseAddress, UInt32(keys.count / keySize)))
    }

    private func checked(_ result: Int) throws -> Int {
        guard result >= 0 else { throw Failure("a batch of bpf(2) failed with error \(-result)") }
        return result
    }
}
