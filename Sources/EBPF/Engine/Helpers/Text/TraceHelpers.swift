/// Lines that programs write for whoever debugs them. Slow on purpose: they take a lock.
enum TraceHelpers {
    /// A line's price in fuel.
    private static let cost = 2048

    static let entries = [HelperEntry(.tracePrintk, arguments: 5, price: .fixed(cost), tracePrintk)]

    private static func tracePrintk(_ call: HelperCall) throws(Fault) -> UInt64 {
        let format = try call.readable(1, bytes: Int(call.u32(2)))
        guard format.count <= TraceFormat.maxLength else { return HelperCall.error(22) }
        let text = TraceFormat.render(format, arguments: (call[3], call[4], call[5]), string: call.string)
        guard let text else { return HelperCall.error(22) }
        call.core.pointee.trace.takeUnretainedValue().append(text, slot: call.state.pointee.slot)
        return UInt64(text.utf8.count)
    }
}

extension HelperCall {
    /// The C string at an address, cut off at `limit` bytes; nil where the program must not read. `%s` takes any number
    /// for an address: checked always, as Linux does.
    func string(at address: UInt64, limit: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < limit {
            let place = address &+ UInt64(bytes.count)
            guard Memory.isReadable(core, state, place, 1), let byte = UnsafeRawPointer(bitPattern: UInt(place)) else {
                return nil
            }
            let value = byte.load(as: UInt8.self)
            if value == 0 { break }
            bytes.append(value)
        }
        return bytes
    }
}
