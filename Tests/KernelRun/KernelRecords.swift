import CLinux
import Glibc

/// What programs in the kernel wrote for user space, read from the rings that it shares. Needs root.
final class KernelRecords {
    private let control: UnsafeMutableRawPointer
    private let data: UnsafeMutableRawPointer
    private let bytes: Int
    private let mappings: [(start: UnsafeMutableRawPointer, count: Int)]
    /// Of the perf event; -1 for a ring buffer.
    private let event: Int32

    private static let page = Int(sysconf(Int32(_SC_PAGESIZE)))

    /// Of a map of type ringbuf, <linux/bpf.h>: the consumer's page, the producer's, then `bytes` of data.
    init(ringBuffer map: Int32, bytes: Int) throws(KernelError) {
        let consumer = try Self.map(map, offset: 0, count: Self.page, PROT_READ | PROT_WRITE)
        // Mapped twice in a row, so that no record is cut at the end.
        let producer = try Self.map(map, offset: Self.page, count: Self.page + 2 * bytes, PROT_READ)
        control = producer
        data = producer + Self.page
        self.bytes = bytes
        mappings = [(consumer, Self.page), (producer, Self.page + 2 * bytes)]
        event = -1
    }

    /// Of CPU 0's element of a map of type perf_event_array, which is set here.
    init(perfEvents map: Int32) throws(KernelError) {
        bytes = 64 * Self.page
        event = clinux_perf_open_bpf_output(0)
        guard event >= 0 else { throw KernelError(operation: "perf event", errno: -event) }
        control = try Self.map(event, offset: 0, count: Self.page + bytes, PROT_READ | PROT_WRITE)
        data = control + Self.page
        mappings = [(control, Self.page + bytes)]
        let updated = clinux_bpf_map_update(map, [UInt32(0)], [event], 0)
        guard updated >= 0 else { throw KernelError(operation: "perf event of a map", errno: -updated) }
    }

    deinit {
        for mapping in mappings { munmap(mapping.start, mapping.count) }
        if event >= 0 { close(event) }
    }

    private static func map(
        _ file: Int32, offset: Int, count: Int, _ protection: Int32
    ) throws(KernelError) -> UnsafeMutableRawPointer {
        let result = mmap(nil, count, protection, MAP_SHARED, file, offset)
        guard let result, result != MAP_FAILED else { throw KernelError(operation: "mmap of records", errno: errno) }
        return result
    }

    /// All records so far, from the first one on; of perf events padded as the kernel does. No more than the ring holds
    /// may have been written.
    var all: [[UInt8]] { event < 0 ? ringRecords : perfRecords }

    /// Records begin with their length, bit 31 set while they are written and bit 30 when they are to be left out.
    private var ringRecords: [[UInt8]] {
        var records: [[UInt8]] = []
        var position = 0
        let end = Int(control.load(as: UInt64.self))
        while position < end {
            let header = (data + position).load(as: UInt32.self)
            let length = Int(header & 0x3fff_ffff)
            if header >> 30 == 0 {
                records.append(Array(UnsafeRawBufferPointer(start: data + position + 8, count: length)))
            }
            position += (8 + length + 7) & ~7
        }
        return records
    }

    /// `struct perf_event_header`, then for `PERF_SAMPLE_RAW` a length and so many bytes. <linux/perf_event.h>
    private var perfRecords: [[UInt8]] {
        var records: [[UInt8]] = []
        var position = 0
        let end = Int((control + 1024).load(as: UInt64.self))
        while position < end {
            let type = (data + position).load(as: UInt32.self)
            let size = Int((data + position + 6).load(as: UInt16.self))
            // `PERF_RECORD_SAMPLE`
            if type == 9 {
                let length = Int((data + position + 8).load(as: UInt32.self))
                records.append(Array(UnsafeRawBufferPointer(start: data + position + 12, count: length)))
            }
            position += size
        }
        return records
    }
}
