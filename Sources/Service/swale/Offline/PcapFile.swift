import CPcap

/// Frames of a pcap or pcapng file.
enum PcapFile {
    /// Every frame, as far as it was captured.
    static func frames(_ path: String) throws(Failure) -> [[UInt8]] {
        var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard let file = pcap_open_offline(path, &message) else {
            throw .badUsage(text(message))
        }
        defer { pcap_close(file) }
        guard pcap_datalink(file) == DLT_EN10MB else { throw .badUsage("\(path): its frames are not Ethernet") }
        var frames: [[UInt8]] = []
        while true {
            var header: UnsafeMutablePointer<pcap_pkthdr>?
            var bytes: UnsafePointer<UInt8>?
            switch pcap_next_ex(file, &header, &bytes) {
            case 1:
                let count = Int(header?.pointee.caplen ?? 0)
                frames.append(Array(UnsafeBufferPointer(start: bytes, count: count)))
            case PCAP_ERROR_BREAK:
                return frames
            default:
                throw .badUsage("\(path): \(String(cString: pcap_geterr(file)))")
            }
        }
    }

    private static func text(_ message: [CChar]) -> String {
        String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
