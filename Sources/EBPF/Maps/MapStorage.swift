/// What a kind of map does for user space. Keys and values have the map's sizes: `Map` has checked them.
///
/// Safe from any thread, at the same time as programs run.
protocol MapStorage {
    /// Elements that the map holds now.
    var elements: Int { get }
    /// Copies the value, of every worker for per-CPU maps; false where there is no such element.
    func read(_ key: UnsafeRawPointer, into value: UnsafeMutableRawPointer) -> Bool
    func write(_ key: UnsafeRawPointer, _ value: UnsafeRawPointer, flags: UInt64) -> MapStatus
    func remove(_ key: UnsafeRawPointer) -> MapStatus
    /// Deletes all elements; zeroes those that can't be deleted.
    func clear()
    /// The position behind the element with this key; nil where there is no such element.
    func position(after key: UnsafeRawPointer) -> Int?
    /// Copies the first element at or behind `position`, and moves `position` behind it. False at the end.
    ///
    /// Elements never move, so positions are stable: a walk from 0 meets every element that lives through it once.
    func next(from position: inout Int, key: UnsafeMutableRawPointer, value: UnsafeMutableRawPointer?) -> Bool
}
