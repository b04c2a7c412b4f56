import CPcap
import Classic

/// A filter as pcap-filter(7) describes it, `tcp port 80 and host 10.0.0.1`, for Ethernet frames.
///
/// Names of hosts, networks, ports and protocols are looked up when it is compiled, in the host's files alone: nothing
/// is asked of the network.
public enum FilterExpression {
    /// Bytes of an expression, at most, and instructions before they are optimized. libpcap takes far more than linear
    /// time: within these bounds about 3 seconds of CPU, with twice as many bytes a minute.
    public static let maxLength = 1024
    private static let maxUnoptimizedLength = 8192
    /// More than any frame has.
    private static let snapLength: Int32 = 262_144

    /// The expression in classic BPF.
    ///
    /// - Parameter optimizes: whether libpcap's optimizer goes over it.
    public static func compile(_ text: String, optimizes: Bool = true) throws(CaptureError) -> [ClassicInstruction] {
        guard text.utf8.count <= maxLength else {
            throw CaptureError("\(text.utf8.count) bytes, expected \(maxLength) at most")
        }
        guard !text.utf8.contains(0) else { throw CaptureError("it contains a zero byte") }
        _ = looksUpInFiles
        let plain = try instructions(text, optimizes: false)
        guard plain.count <= maxUnoptimizedLength else {
            throw CaptureError("it takes \(plain.count) instructions, expected \(maxUnoptimizedLength) at most")
        }
        return optimizes ? try instructions(text, optimizes: true) : plain
    }

    /// Of the whole process: a resolver that does not answer would hold up whoever compiles, for each name again.
    private static let looksUpInFiles: Bool = {
        let databases = ["hosts", "networks"]
        return databases.allSatisfy { __nss_configure_lookup($0, "files") == 0 }
    }()

    private static func instructions(_ text: String, optimizes: Bool) throws(CaptureError) -> [ClassicInstruction] {
        guard let handle = pcap_open_dead(DLT_EN10MB, snapLength) else { throw CaptureError("out of memory") }
        defer { pcap_close(handle) }
        var program = bpf_program()
        guard pcap_compile(handle, &program, text, optimizes ? 1 : 0, PCAP_NETMASK_UNKNOWN) == 0 else {
            throw CaptureError(String(cString: pcap_geterr(handle)))
        }
        defer { pcap_freecode(&program) }
        return UnsafeBufferPointer(start: program.bf_insns, count: Int(program.bf_len)).map {
            ClassicInstruction($0.code, $0.k, jumpTrue: $0.jt, jumpFalse: $0.jf)
        }
    }
}
