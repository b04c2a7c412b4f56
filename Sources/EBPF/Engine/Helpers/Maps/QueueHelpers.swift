import Maps
import Object

/// Helpers for maps whose values have no keys.
enum QueueHelpers {
    static let entries = [
        HelperEntry(.mapPushElem, arguments: 3, price: .told(most: mostCopied), push),
        HelperEntry(.mapPopElem, arguments: 2, price: .told(most: mostCopied), pop),
        HelperEntry(.mapPeekElem, arguments: 2, price: .told(most: mostCopied), peek),
    ]

    /// Price of the largest value: `MapAttributes` bounds it.
    private static let mostCopied = Helpers.baseCost + MapAttributes.maxElementSize / Helpers.bytesPerCost

    /// `bpf_map_push_elem(map, value, flags)`
    private static func push(_ call: HelperCall) throws(Fault) -> UInt64 {
        let map = try call.map(1, writing: true)
        let value = try call.readable(2, bytes: map.pointee.valueSize)
        call.charge(bytes: value.count)
        guard let value = value.baseAddress else { throw .badAccess }
        return UInt64(bitPattern: map.pointee.push(value, flags: call[3]))
    }

    /// `bpf_map_pop_elem(map, value)`
    private static func pop(_ call: HelperCall) throws(Fault) -> UInt64 {
        let map = try call.map(1, writing: true)
        let value = try call.writable(2, bytes: map.pointee.valueSize)
        call.charge(bytes: value.count)
        guard let value = value.baseAddress else { throw .badAccess }
        return UInt64(bitPattern: map.pointee.pop(into: value))
    }

    /// `bpf_map_peek_elem(map, value)`: a Bloom filter is asked for the value that is there.
    private static func peek(_ call: HelperCall) throws(Fault) -> UInt64 {
        let map = try call.map(1)
        if map.pointee.type == .bloomFilter {
            let value = try call.readable(2, bytes: map.pointee.valueSize)
            call.charge(bytes: value.count)
            guard let value = value.baseAddress else { throw .badAccess }
            return UInt64(bitPattern: map.pointee.peek(into: UnsafeMutableRawPointer(mutating: value)))
        }
        let value = try call.writable(2, bytes: map.pointee.valueSize)
        call.charge(bytes: value.count)
        guard let value = value.baseAddress else { throw .badAccess }
        return UInt64(bitPattern: map.pointee.peek(into: value))
    }
}
