import CPcap
import Glibc

/// Writes Ethernet frames into a pcap file with times in nanoseconds. One thread at a time.
final class PcapDumper: @unchecked Sendable {
    private let handle: OpaquePointer
    private let dumper: OpaquePointer
    private let name: String

    /// What was in the file is gone.
    init(_ name: String, in directory: PcapDirectory) throws(CaptureError) {
        let stream = try directory.open(name, for: .write)
        guard
            let handle = pcap_open_dead_with_tstamp_precision(
                DLT_EN10MB, 262_144, UInt32(PCAP_TSTAMP_PRECISION_NANO))
        else {
            fclose(stream)
            throw CaptureError("\(name): out of memory")
        }
        guard let dumper = pcap_dump_fopen(handle, stream) else {
            let text = String(cString: pcap_geterr(handle))
            pcap_close(handle)
            fclose(stream)
            throw CaptureError("\(name): \(text)")
        }
        self.name = name
        self.handle = handle
        self.dumper = dumper
    }

    deinit {
        pcap_dump_close(dumper)
        pcap_close(handle)
    }

    func write(_ frame: UnsafeRawBufferPointer) {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        var header = pcap_pkthdr()
        header.ts = timeval(tv_sec: time.tv_sec, tv_usec: time.tv_nsec)
        header.caplen = UInt32(frame.count)
        header.len = UInt32(frame.count)
        pcap_dump(
            UnsafeMutableRawPointer(dumper).assumingMemoryBound(to: UInt8.self), &header,
            frame.baseAddress?.assumingMemoryBound(to: UInt8.self))
    }

    /// What was written is in the file when this returns.
    func flush() throws(CaptureError) {
        guard pcap_dump_flush(dumper) == 0, ferror(pcap_dump_file(dumper)) == 0 else {
            throw CaptureError("\(name): \(String(cString: strerror(errno)))")
        }
    }
}
