import Maps
import Measuring

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

    func updateBatch(_ keys: UnsafeRawBufferPointer) -> Int {
        let size = map.userValueSize
        return values.withUnsafeBytes { values in
            var offset = 0
            return failures(keys) { (key) throws(MapError) in
                defer { offset += size }
                try map.update(key, UnsafeRawBufferPointer(start: values.baseAddress! + offset, count: size))
            }
        }
    }

    func deleteBatch(_ keys: UnsafeRawBufferPointer) -> Int { delete(keys) }
}
