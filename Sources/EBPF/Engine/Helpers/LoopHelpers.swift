import Glibc

/// `bpf_loop`
enum LoopHelpers {
    static let entries = [HelperEntry(.loop, arguments: 4, callsBack: true, loop)]

    /// `BPF_MAX_LOOPS`
    private static let mostIterations: UInt32 = 1 << 23

    /// `bpf_loop(nr_loops, callback_fn, callback_ctx, flags)`: the iterations that there were.
    private static func loop(_ call: HelperCall) throws(Fault) -> UInt64 {
        guard call[4] == 0 else { return HelperCall.error(EINVAL) }
        let (count, context) = (call.u32(1), call[3])
        guard count <= mostIterations else { return HelperCall.error(E2BIG) }
        let callback = try Callback(call, function: 2)
        defer { callback.end() }
        for index in 0..<UInt64(count) where try callback(index, context) != 0 { return index + 1 }
        return UInt64(count)
    }
}
