/// One instruction of classic BPF. `struct bpf_insn`, <pcap/bpf.h>; `struct sock_filter`, <linux/filter.h>.
public struct ClassicInstruction: Hashable, Sendable {
    /// Class in bits 0-2; the other bits depend on the class.
    public var code: UInt16
    /// Instructions to skip where a comparison holds, and where it doesn't.
    public var jumpTrue: UInt8
    public var jumpFalse: UInt8
    public var k: UInt32

    public init(_ code: UInt16, _ k: UInt32 = 0, jumpTrue: UInt8 = 0, jumpFalse: UInt8 = 0) {
        self.code = code
        self.jumpTrue = jumpTrue
        self.jumpFalse = jumpFalse
        self.k = k
    }
}
