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
    func updateBatch(_ keys: UnsafeRawBufferPointer) throws -> Int
    func deleteBatch(_ keys: UnsafeRawBufferPointer) throws -> Int
}

enum UserBlock {
    /// Keys in a block.
    static let size = 1024
}
