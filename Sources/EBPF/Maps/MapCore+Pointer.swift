/// What the helpers call where they hold a map by its address: the call from another module copies no `MapCore`.
extension UnsafeMutablePointer where Pointee == MapCore {
    /// Hot path.
    public func lookup(_ key: UnsafeRawPointer, slot: Int) -> UnsafeMutableRawPointer? {
        pointee.lookup(key, slot: slot)
    }

    /// Hot path.
    public func update(_ key: UnsafeRawPointer, _ value: UnsafeRawPointer, flags: UInt64, slot: Int) -> Int64 {
        pointee.update(key, value, flags: flags, slot: slot)
    }

    /// Hot path.
    public func delete(_ key: UnsafeRawPointer, slot: Int) -> Int64 { pointee.delete(key, slot: slot) }
}
