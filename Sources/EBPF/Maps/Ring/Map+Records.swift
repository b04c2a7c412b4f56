import Object

/// What a program wrote into a ring buffer or an array of perf events.
public struct MapRecord: Hashable, Sendable {
    public var bytes: [UInt8]
    /// The worker whose ring it was in; nil in a ring buffer, and for runs that are no worker's.
    public var worker: Int?
    /// Where the packet's bytes begin that the program appended; nil where there are none.
    public var packetStart: Int?

    public init(bytes: [UInt8], worker: Int? = nil, packetStart: Int? = nil) {
        self.bytes = bytes
        self.worker = worker
        self.packetStart = packetStart
    }
}

/// Records are read once, each by whoever comes first. Any thread may read.
extension Map {
    /// Takes out the oldest records, each ring's in the order in which programs reserved them.
    ///
    /// - Parameters:
    ///   - limit: at most so many records.
    ///   - bytes: no more records once so many bytes are taken.
    /// - Throws: `invalid` for maps of other types; `notPermitted` where user space may not read the map.
    public func takeRecords(limit: Int, bytes: Int = 1 << 20) throws(MapError) -> [MapRecord] {
        guard let records else { throw .invalid("maps of type \(attributes.type.name) have no records") }
        try checkReadable()
        return records.take(limit: limit, bytes: bytes)
    }

    /// Records that found no room, since the map was made.
    public var lostRecords: UInt64 { records?.lost ?? 0 }

    /// Becomes readable when there is a record, once after each `waitsForRecords()`; nil for maps of other types. Valid while
    /// the map lives.
    public var recordsDescriptor: Int32? { records?.descriptor }

    /// Asks to be woken by `recordsDescriptor`. False where there are records already, to be taken first.
    public func waitsForRecords() -> Bool { records?.arm() ?? false }
}

extension MapCore {
    /// `bpf_ringbuf_reserve`: room for a record; nil where there is none.
    public func reserveRecord(_ bytes: Int) -> UnsafeMutableRawPointer? {
        guard case .records(let map) = kind, !map.isPerf else { return nil }
        return map.rings.pointee.reserve(bytes)
    }

    /// `bpf_ringbuf_submit` and `bpf_ringbuf_discard` of what was reserved in this map.
    public func commitRecord(_ record: UnsafeMutableRawPointer, discard: Bool, flags: UInt64) {
        if case .records(let map) = kind { map.rings.pointee.commit(record, discard: discard, flags: flags) }
    }

    /// `bpf_ringbuf_query`
    public func queryRecords(_ what: UInt64) -> UInt64 {
        if case .records(let map) = kind { map.rings.pointee.query(what) } else { 0 }
    }

    /// `bpf_perf_event_output`: a record of `bytes` and the packet's first bytes. 0 or a negated errno.
    ///
    /// - Parameter index: `BPF_F_CURRENT_CPU`, or the number of the worker that runs.
    public func outputRecord(
        _ bytes: UnsafeRawBufferPointer, _ packet: UnsafeRawBufferPointer, index: UInt64, slot: Int
    ) -> Int64 {
        guard case .records(let map) = kind else { return MapStatus.invalid.result }
        return map.output(bytes, packet, index: index, slot: slot).result
    }
}
