import Glibc

/// Lines that programs write for whoever debugs them. Slow on purpose: they take a lock.
enum TraceHelpers {
    /// A line's price in fuel.
    private static let cost = 2048
    /// Bytes of a line that are kept, and of a format.
    private static let maxLine = 1024

    static let entries = [
        HelperEntry(.tracePrintk, arguments: 5, price: .fixed(cost), printk),
        HelperEntry(.traceVprintk, arguments: 4, price: .fixed(cost), vprintk),
    ]

    /// `bpf_trace_printk(format, size, ...)`
    private static func printk(_ call: HelperCall) throws(Fault) -> UInt64 {
        let format = try call.readable(1, bytes: Int(call.u32(2)))
        return write(call, format) { $0 < 3 ? call[3 + $0] : nil }
    }

    /// `bpf_trace_vprintk(format, size, data, data_len)`
    private static func vprintk(_ call: HelperCall) throws(Fault) -> UInt64 {
        let format = try call.readable(1, bytes: Int(call.u32(2)))
        let data = try call.readable(3, bytes: Int(call.u32(4)))
        guard data.count % 8 == 0, data.count <= TextHelpers.maxArguments * 8 else { return HelperCall.error(EINVAL) }
        return write(call, format) {
            $0 < data.count / 8 ? data.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self) : nil
        }
    }

    private static func write(
        _ call: HelperCall, _ format: UnsafeRawBufferPointer, argument: (Int) -> UInt64?
    ) -> UInt64 {
        guard format.count <= maxLine, let end = format.firstIndex(of: 0) else { return HelperCall.error(EINVAL) }
        guard let text = call.render(Array(format[..<end]), argument) else { return HelperCall.error(EINVAL) }
        let line = String(decoding: text.prefix(maxLine), as: UTF8.self)
        call.core.pointee.trace.takeUnretainedValue().append(line, slot: call.state.pointee.slot)
        return UInt64(text.count)
    }
}
