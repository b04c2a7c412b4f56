import Foundation
import TestSupport
import Testing

/// A file of packets as tcpdump and tshark read it.
enum Dissection {
    struct Packet: Equatable {
        var interface: String
        var comment: String
        var direction: String
        var length: String
        var captured: String
        var drops: String
        var verdict: String
    }

    /// Bytes of every packet, by tcpdump.
    static func bytes(_ path: String) throws -> [[UInt8]] {
        var packets: [[UInt8]] = []
        // -xx: with the link layer's header; lines such as `\t0x0010:  0203 0405`.
        for line in try Command.check(["tcpdump", "-n", "-t", "-xx", "-r", path]).split(separator: "\n") {
            guard line.hasPrefix("\t0x"), let colon = line.firstIndex(of: ":") else {
                packets.append([])
                continue
            }
            let digits = line[line.index(after: colon)...].filter { !$0.isWhitespace }
            var index = digits.startIndex
            while index < digits.endIndex {
                let next = digits.index(index, offsetBy: 2)
                packets[packets.count - 1].append(UInt8(digits[index..<next], radix: 16) ?? 0)
                index = next
            }
        }
        return packets
    }

    /// What the options of every packet say, by tshark.
    static func packets(_ path: String) throws -> [Packet] {
        let fields = [
            "frame.interface_name", "frame.comment", "frame.packet_flags_direction", "frame.len", "frame.cap_len",
            "frame.drop_count", "frame.verdict.ebpf_xdp",
        ]
        let text = try Command.check(
            ["tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=|"] + fields.flatMap { ["-e", $0] })
        return text.split(separator: "\n").map { line in
            let values = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            return Packet(
                interface: values[0], comment: values[1], direction: values[2], length: values[3],
                captured: values[4], drops: values[5], verdict: values[6])
        }
    }
}
