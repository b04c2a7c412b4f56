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

/// Dispatched by a switch: as an existential, a map of more than three words would be boxed at every call.
extension MapCore.Kind: MapStorage {
    var elements: Int {
        switch self {
        case .array(let map): map.elements
        case .perCPUArray(let map): map.elements
        case .hash(let map): map.elements
        }
    }

    func read(_ key: UnsafeRawPointer, into value: UnsafeMutableRawPointer) -> Bool {
        switch self {
        case .array(let map): map.read(key, into: value)
        case .perCPUArray(let map): map.read(key, into: value)
        case .hash(let map): map.read(key, into: value)
        }
    }

    func write(_ key: UnsafeRawPointer, _ value: UnsafeRawPointer, flags: UInt64) -> MapStatus {
        switch self {
        case .array(let map): map.write(key, value, flags: flags)
        case .perCPUArray(let map): map.write(key, value, flags: flags)
        case .hash(let map): map.write(key, value, flags: flags)
        }
    }

    func remove(_ key: UnsafeRawPointer) -> MapStatus {
        switch self {
        case .array(let map): map.remove(key)
        case .perCPUArray(let map): map.remove(key)
        case .hash(let map): map.remove(key)
        }
    }

    func clear() {
        switch self {
        case .array(let map): map.clear()
        case .perCPUArray(let map): map.clear()
        case .hash(let map): map.clear()
        }
    }

    func position(after key: UnsafeRawPointer) -> Int? {
        switch self {
        case .array(let map): map.position(after: key)
        case .perCPUArray(let map): map.position(after: key)
        case .hash(let map): map.position(after: key)
        }
    }

    func next(from position: inout Int, key: UnsafeMutableRawPointer, value: UnsafeMutableRawPointer?) -> Bool {
        switch self {
        case .array(let map): map.next(from: &position, key: key, value: value)
        case .perCPUArray(let map): map.next(from: &position, key: key, value: value)
        case .hash(let map): map.next(from: &position, key: key, value: value)
        }
    }
}
