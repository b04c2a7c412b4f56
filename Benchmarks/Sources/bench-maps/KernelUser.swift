import CKernel
import Measuring
import Subjects

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

    func updateBatch(_ keys: UnsafeRawBufferPointer) throws -> Int {
        let count = keys.count / keySize
        return count - (try checked(ckernel_update_batch(descriptor, keys.baseAddress, values, UInt32(count))))
    }

    func deleteBatch(_ keys: UnsafeRawBufferPointer) throws -> Int {
        let count = keys.count / keySize
        return count - (try checked(ckernel_delete_batch(descriptor, keys.baseAddress, UInt32(count))))
    }

    private func checked(_ result: Int) throws -> Int {
        guard result >= 0 else { throw Failure("a batch of bpf(2) failed with error \(-result)") }
        return result
    }
}
