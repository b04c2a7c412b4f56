import Glibc
import Maps

/// Helpers that reach elements of maps otherwise than by key alone.
enum MapElementHelpers {
    static let entries = [
        HelperEntry(.mapLookupPerCPUElem, arguments: 3, price: .told(most: 1 << 16), lookupPerCPU),
        HelperEntry(.forEachMapElem, arguments: 4, callsBack: true, forEach),
    ]

    /// `bpf_map_lookup_percpu_elem(map, key, cpu)`: the value of another worker.
    private static func lookupPerCPU(_ call: HelperCall) throws(Fault) -> UInt64 {
        let map = try call.map(1)
        let key = try call.readable(2, bytes: map.pointee.keySize)
        call.charge(bytes: key.count)
        guard call.u32(3) < call.core.pointee.slots, let key = key.baseAddress else { return 0 }
        let value = map.pointee.lookup(key, slot: Int(call.u32(3)))
        call.grant(value, of: map)
        return UInt64(UInt(bitPattern: value))
    }

    /// `bpf_for_each_map_elem(map, callback_fn, callback_ctx, flags)`: the elements that there were.
    private static func forEach(_ call: HelperCall) throws(Fault) -> UInt64 {
        let map = try call.map(1)
        guard call[4] == 0 else { return HelperCall.error(EINVAL) }
        let callback = try Callback(call, function: 2)
        let state = call.state
        let outer = state.pointee.callbackKey
        let key = UnsafeMutableRawPointer.allocate(byteCount: (map.pointee.keySize + 7) & ~7, alignment: 8)
        defer {
            key.deallocate()
            state.pointee.callbackKey = outer
            callback.end()
        }
        let start = UInt(bitPattern: key)
        let (argument, context) = (call[1], call[3])
        var position = 0
        var count: UInt64 = 0
        while map.pointee.nextKey(from: &position, into: key) {
            // What was deleted meanwhile is no element.
            guard let value = map.pointee.lookup(key, slot: state.pointee.slot) else { continue }
            state.pointee.callbackKey = Grant(start: start, end: start + UInt(map.pointee.keySize))
            call.grant(value, of: map)
            count += 1
            if try callback(argument, UInt64(start), UInt64(UInt(bitPattern: value)), context) != 0 { break }
        }
        return count
    }
}

extension HelperCall {
    /// Lets the program reach a value that the helper found.
    func grant(_ value: UnsafeMutableRawPointer?, of map: UnsafeMutablePointer<MapCore>) {
        guard checksAccesses, let value else { return }
        let region = core.pointee.regions[UnsafePointer(map) - UnsafePointer(core.pointee.maps)]
        guard region.readable else { return }
        let start = UInt(bitPattern: value)
        Memory.grant(state, Grant(start: start, end: start + region.valueSize, writable: region.writable))
    }
}
