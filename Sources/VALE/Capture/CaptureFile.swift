import CPcap
import Glibc

/// Frames of a pcap or pcapng file, as far as each was captured.
public enum CaptureFile {
    public static func frames(path: String) throws(CaptureError) -> [[UInt8]] {
        var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard let file = pcap_open_offline(path, &message) else { throw CaptureError(text(message)) }
        defer { pcap_close(file) }
        return try frames(file, limit: .max)
    }

    /// The file is in memory.
    ///
    /// - Parameter limit: frames that are read at most; more of them are an error.
    public static func frames(_ bytes: [UInt8], limit: Int) throws(CaptureError) -> [[UInt8]] {
        guard !bytes.isEmpty else { throw CaptureError("the file is empty") }
        var bytes = bytes
        let result = bytes.withUnsafeMutableBytes { memory -> Result<[[UInt8]], CaptureError> in
            guard let stream = fmemopen(memory.baseAddress, memory.count, "rb") else {
                return .failure(CaptureError(String(cString: strerror(errno))))
            }
            var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
            guard let file = pcap_fopen_offline(stream, &message) else {
                fclose(stream)
                return .failure(CaptureError(text(message)))
            }
            // Closes the stream too.
            defer { pcap_close(file) }
            return Result { () throws(CaptureError) in try frames(file, limit: limit) }
        }
        return try result.get()
    }

    private static func frames(_ file: OpaquePointer, limit: Int) throws(CaptureError) -> [[UInt8]] {
        guard pcap_datalink(file) == DLT_EN10MB else { throw CaptureError("its frames are not Ethernet") }
        var frames: [[UInt8]] = []
        while true {
            var header: UnsafeMutablePointer<pcap_pkthdr>?
            var bytes: UnsafePointer<UInt8>?
            switch pcap_next_ex(file, &header, &bytes) {
            case 1:
                guard frames.count < limit else { throw CaptureError("more than \(limit) frames") }
                let count = Int(header?.pointee.caplen ?? 0)
                frames.append(Array(UnsafeBufferPointer(start: bytes, count: count)))
            case PCAP_ERROR_BREAK:
                return frames
            default:
                throw CaptureError(String(cString: pcap_geterr(file)))
            }
        }
    }

    private static func text(_ message: [CChar]) -> String {
        String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
