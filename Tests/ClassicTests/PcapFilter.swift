import CPcap
import Classic

/// What libpcap's own interpreter says of packets.
enum PcapFilter {
    static func matches(_ instructions: [ClassicInstruction], _ packet: [UInt8]) -> Bool {
        var code = instructions.map { bpf_insn(code: $0.code, jt: $0.jumpTrue, jf: $0.jumpFalse, k: $0.k) }
        return code.withUnsafeMutableBufferPointer { code in
            var program = bpf_program(bf_len: UInt32(code.count), bf_insns: code.baseAddress)
            var header = pcap_pkthdr()
            header.caplen = UInt32(packet.count)
            header.len = UInt32(packet.count)
            return pcap_offline_filter(&program, &header, packet) != 0
        }
    }
}
