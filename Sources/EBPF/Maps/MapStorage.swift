/// What a kind of map does for user space. Keys and values have the map's sizes: `Map` has checked them.
///
/// Safe from any thread, at the same time as programs run.
protocol MapStorage {
    /// Elements that the map holds now.
    var elements: Int { get }
    /// Copies the value, of every worker for per-CPU maps; false where there is no such element.
    func read(_ key: UnsafeRawPointer, into value: UnsafeMutableRawPointer) -> Bool
    /// The same, of the element with this very key where `read` finds others too.
    func readExactly(_ key: UnsafeRawPointer, into value: UnsafeMutableRawPointer) -> Bool
    func write(_ key: UnsafeRawPointer, _ value: UnsafeRawPointer, flags: UInt64) -> MapStatus
    func remove(_ key: UnsafeRawPointer) -> MapStatus
    /// Deletes all elements; zeroes those that can't be deleted.
    func clear()
    /// Copies the key behind this one, the first one for nil and for a key that is not there; false behind the last.
    func nextKey(after key: UnsafeRawPointer?, into next: UnsafeMutableRawPointer) -> Bool
    /// Copies the first element at or behind `position`, and moves `position` behind it. False at the end.
    ///
    /// Elements never move, so positions are stable: a walk from 0 meets every element that lives through it once.
    func next(from position: inout Int, key: UnsafeMutableRawPointer, value: UnsafeMutableRawPointer?) -> Bool
}

/// A map whose keys come in the order of their positions.
protocol PositionedStorage: MapStorage {
    /// The position behind the element with this key; nil where there is no such element.
    func position(after key: UnsafeRawPointer) -> Int?
}

extension PositionedStorage {
    func readExactly(_ key: UnsafeRawPointer, into value: UnsafeMutableRawPointer) -> Bool { read(key, into: value) }

    func nextKey(after key: UnsafeRawPointer?, into next: UnsafeMutableRawPointer) -> Bool {
        var position = key.flatMap { self.position(after: $0) } ?? 0
        return self.next(from: &position, key: next, value: nil)
    }
}

/// Dispatched by a switch: as an existential, a map of more than three words would be boxed at every call.
extension MapCore.Kind: MapStorage {
    var elements: Int {
        switch self {
        case .array(let map): map.elements
        case .perCPUArray(let map): map.elements
        case .hash(let map): map.elements
        case .lpm(let map): map.elements
        case .queue(let map): map.elements
        case .bloom(let map): map.elements
        case .references(let map): map.elements
        case .records(let map): map.elements
        }
    }

    func read(_ key: UnsafeRawPointer, into value: UnsafeMutableRawPointer) -> Bool {
        switch self {
        case .array(let map): map.read(key, into: value)
        case .perCPUArray(let map): map.read(key, into: value)
        case .hash(let map): map.read(key, into: value)
        case .lpm(let map): map.read(key, into: value)
        case .queue(let map): map.read(key, into: value)
        case .bloom(let map): map.read(key, into: value)
        case .references(let map): map.read(key, into: value)
        case .records(let map): map.read(key, into: value)
        }
    }

    func readExactly(_ key: UnsafeRawPointer, into value: UnsafeMutableRawPointer) -> Bool {
        switch self {
        case .lpm(let map): map.readExactly(key, into: value)
        default: read(key, into: value)
        }
    }

    func write(_ key: UnsafeRawPointer, _ value: UnsafeRawPointer, flags: UInt64) -> MapStatus {
        switch self {
        case .array(let map): map.write(key, value, flags: flags)
        case .perCPUArray(let map): map.write(key, value, flags: flags)
        case .hash(let map): map.write(key, value, flags: flags)
        case .lpm(let map): map.write(key, value, flags: flags)
        case .queue(let map): map.write(key, value, flags: flags)
        case .bloom(let map): map.write(key, value, flags: flags)
        case .references(let map): map.write(key, value, flags: flags)
        case .records(let map): map.write(key, value, flags: flags)
        }
    }

    func remove(_ key: UnsafeRawPointer) -> MapStatus {
        switch self {
        case .array(let map): map.remove(key)
        case .perCPUArray(let map): map.remove(key)
        case .hash(let map): map.remove(key)
        case .lpm(let map): map.remove(key)
        case .queue(let map): map.remove(key)
        case .bloom(let map): map.remove(key)
        case .references(let map): map.remove(key)
        case .records(let map): map.remove(key)
        }
    }

    func clear() {
        switch self {
        case .array(let map): map.clear()
        case .perCPUArray(let map): map.clear()
        case .hash(let map): map.clear()
        case .lpm(let map): map.clear()
        case .queue(let map): map.clear()
        case .bloom(let map): map.clear()
        case .references(let map): map.clear()
        case .records(let map): map.clear()
        }
    }

    func nextKey(after key: UnsafeRawPointer?, into next: UnsafeMutableRawPointer) -> Bool {
        switch self {
        case .array(let map): map.nextKey(after: key, into: next)
        case .perCPUArray(let map): map.nextKey(after: key, into: next)
        case .hash(let map): map.nextKey(after: key, into: next)
        case .lpm(let map): map.nextKey(after: key, into: next)
        case .queue(let map): map.nextKey(after: key, into: next)
        case .bloom(let map): map.nextKey(after: key, into: next)
        case .references(let map): map.nextKey(after: key, into: next)
        case .records(let map): map.nextKey(after: key, into: next)
        }
    }

    func next(from position: inout Int, key: UnsafeMutableRawPointer, value: UnsafeMutableRawPointer?) -> Bool {
        switch self {
        case .array(let map): map.next(from: &position, key: key, value: value)
        case .perCPUArray(let map): map.next(from: &position, key: key, value: value)
        case .hash(let map): map.next(from: &position, key: key, value: value)
        case .lpm(let map): map.next(from: &position, key: key, value: value)
        case .queue(let map): map.next(from: &position, key: key, value: value)
        case .bloom(let map): map.next(from: &position, key: key, value: value)
        case .references(let map): map.next(from: &position, key: key, value: value)
        case .records(let map): map.next(from: &position, key: key, value: value)
        }
    }
}
