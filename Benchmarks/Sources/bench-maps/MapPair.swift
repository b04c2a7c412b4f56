import CKernel
import Maps
import Measuring
import Subjects

/// One map in Swale and the same one in the kernel, with the same elements.
final class MapPair {
    let shape: MapShape
    let entries: Int
    let swale: SwaleObject
    let map: Map
    /// Nil without root.
    let kernel: KernelObject?

    /// Threads that use the maps at the same time, at most.
    static let threads = 2
    /// Bytes of a value that user space sees: one of 8 bytes for each CPU, or worker, of a per-CPU map.
    var userValueSize: Int { map.userValueSize }

    /// - Parameter folder: where the objects are: `maps-TYPE.o`.
    init(_ shape: MapShape, entries: Int, folder: String) throws {
        self.shape = shape
        self.entries = entries
        let path = "\(folder)/maps-\(shape.type.name).o"
        let maxEntries = entries + shape.spare(entries: entries)
        swale = try SwaleObject(
            path: path, engine: .best, maxEntries: ["measured": maxEntries],
            domain: WorkerDomain(workers: max(KernelObject.possibleCPUs, Self.threads)))
        map = try swale.map("measured")
        kernel =
            KernelObject.missing == nil
            ? try KernelObject(path: path, map: "measured", maxEntries: maxEntries) : nil
        try fill()
    }

    private func fill() throws {
        let blockSize = 1024
        let keys = KeyList(0..<UInt32(entries), shape, stored: true)
        // As large as the larger of the two sides needs.
        var values = [UInt8](repeating: 1, count: blockSize * 8 * swale.domain.slots)
        for number in 0..<(entries / blockSize) {
            let block = keys.block(number, size: blockSize)
            for offset in stride(from: 0, to: block.count, by: shape.keySize) {
                let key = UnsafeRawBufferPointer(rebasing: block[offset..<(offset + shape.keySize)])
                try values.withUnsafeBytes {
                    try map.update(key, UnsafeRawBufferPointer(rebasing: $0[0..<userValueSize]))
                }
            }
            guard let kernel else { continue }
            let done = ckernel_update_batch(
                try kernel.map("measured"), block.baseAddress, &values, UInt32(blockSize))
            guard done == blockSize else { throw Failure("the kernel's map can't be filled: \(done)") }
        }
    }

    var name: String { "\(shape.type.name) \(MapShape.label(entries))" }
}
