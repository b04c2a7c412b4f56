/// A map's operations as C functions, chosen by its type and key size when it is created: what JITed code calls.
///
/// The arguments are in the order of the System V calling convention, `map` first; `slot` is the worker's. They are the
/// helpers' semantics, with nothing checked: `key` and `value` are readable memory of the map's sizes, at any alignment.
/// They never unwind, call back or touch the caller's memory beyond what they are given.
public struct MapFunctions {
    /// Hot path. The value's address, aligned to 8 bytes, or null.
    public typealias Lookup =
        @convention(c) (_ map: UnsafeMutableRawPointer, _ key: UnsafeRawPointer, _ slot: Int) ->
        UnsafeMutableRawPointer?
    /// Hot path. 0 or a negated errno.
    public typealias Update =
        @convention(c) (
            _ map: UnsafeMutableRawPointer, _ key: UnsafeRawPointer, _ value: UnsafeRawPointer, _ flags: UInt64,
            _ slot: Int
        ) -> Int64
    /// Hot path. 0 or a negated errno.
    public typealias Delete =
        @convention(c) (_ map: UnsafeMutableRawPointer, _ key: UnsafeRawPointer, _ slot: Int) -> Int64

    /// The first argument of all three. Constant while the map lives.
    public let map: UnsafeMutableRawPointer
    public let lookup: Lookup
    public let update: Update
    public let delete: Delete
}

/// Where the values of an array are, for code that looks them up by itself: element `i` of worker `w` is at
/// `base + w * workerStride + i * stride`, for `i` below `count`.
public struct ArrayLayout: Hashable, Sendable {
    public let base: UInt
    /// A multiple of 8: the value's size, rounded up.
    public let stride: Int
    public let count: UInt32
    /// 0 where all workers share the values.
    public let workerStride: Int
}

extension MapCore {
    /// For arrays and per-CPU arrays; nil for all other types. Constant while the map lives.
    public var arrayLayout: ArrayLayout? {
        switch kind {
        case .array(let map):
            ArrayLayout(base: UInt(bitPattern: map.values), stride: map.stride, count: map.count, workerStride: 0)
        case .perCPUArray(let map):
            ArrayLayout(
                base: UInt(bitPattern: map.values), stride: map.stride, count: map.count, workerStride: map.slotStride)
        default: nil
        }
    }
}
