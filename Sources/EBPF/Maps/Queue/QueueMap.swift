/// A queue or a stack of values.
///
/// Trivially copyable; valid while its `Map` lives.
struct QueueMap {
    let table: UnsafeMutablePointer<QueueTable>

    @inline(__always)
    init(_ table: UnsafeMutablePointer<QueueTable>) { self.table = table }

    func push(_ value: UnsafeRawPointer, flags: UInt64) -> MapStatus { table.pointee.push(value, flags: flags) }

    func pop(into value: UnsafeMutableRawPointer) -> MapStatus { table.pointee.take(value, removing: true) }

    func peek(into value: UnsafeMutableRawPointer) -> MapStatus { table.pointee.take(value, removing: false) }
}

extension QueueMap: KeylessStorage {
    var elements: Int { table.pointee.elements }

    func read(_ key: UnsafeRawPointer, into value: UnsafeMutableRawPointer) -> Bool { peek(into: value) == .done }

    func write(_ key: UnsafeRawPointer, _ value: UnsafeRawPointer, flags: UInt64) -> MapStatus {
        push(value, flags: flags)
    }

    func clear() { table.pointee.removeAll() }

    /// From the oldest value to the newest.
    func next(from position: inout Int, key: UnsafeMutableRawPointer, value: UnsafeMutableRawPointer?) -> Bool {
        guard position >= 0, table.pointee.copy(position, to: value) else { return false }
        position += 1
        return true
    }
}
