import CPcap
import Glibc

/// Reads Ethernet frames of a pcap or pcapng file, one after another, with their times.
final class PcapReader {
    private let file: OpaquePointer
    private let name: String

    struct Packet {
        /// As far as it was captured; valid until the next one.
        var bytes: UnsafeRawBufferPointer
        var nanoseconds: Int64
    }

    init(_ name: String, in directory: PcapDirectory) throws(CaptureError) {
        let stream = try directory.open(name, for: .read)
        var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard
            let file = pcap_fopen_offline_with_tstamp_precision(stream, UInt32(PCAP_TSTAMP_PRECISION_NANO), &message)
        else {
            fclose(stream)
            let text = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw CaptureError("\(name): \(text)")
        }
        self.file = file
        self.name = name
        guard pcap_datalink(file) == DLT_EN10MB else { throw CaptureError("\(name): its frames are not Ethernet") }
    }

    /// Closes the stream too.
    deinit { pcap_close(file) }

    /// nil at the end of the file.
    func next() throws(CaptureError) -> Packet? {
        var header: UnsafeMutablePointer<pcap_pkthdr>?
        var bytes: UnsafePointer<UInt8>?
        switch pcap_next_ex(file, &header, &bytes) {
        case 1:
            guard let header = header?.pointee else { return nil }
            // With this precision `tv_usec` is nanoseconds.
            let time = Int64(header.ts.tv_sec) &* 1_000_000_000 &+ Int64(header.ts.tv_usec)
            return Packet(
                bytes: UnsafeRawBufferPointer(start: bytes, count: Int(header.caplen)), nanoseconds: time)
        case PCAP_ERROR_BREAK: return nil
        default: throw CaptureError("\(name): \(String(cString: pcap_geterr(file)))")
        }
    }
}
