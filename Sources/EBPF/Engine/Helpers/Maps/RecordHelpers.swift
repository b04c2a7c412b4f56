import Glibc
import Maps

/// Helpers for ring buffers and arrays of perf events.
enum RecordHelpers {
    static let entries = [
        HelperEntry(.perfEventOutput, arguments: 5, price: .told(most: mostCopied), perfEventOutput),
        HelperEntry(.ringbufOutput, arguments: 4, price: .told(most: mostCopied), output),
        HelperEntry(.ringbufReserve, arguments: 3, reserve),
        HelperEntry(.ringbufSubmit, arguments: 2) { call throws(Fault) in try commit(call, discard: false) },
        HelperEntry(.ringbufDiscard, arguments: 2) { call throws(Fault) in try commit(call, discard: true) },
        HelperEntry(.ringbufQuery, arguments: 2, query),
    ]

    /// Price of the longest record that the verifier lets a program write from its memory, and of a packet.
    private static let mostCopied = Helpers.baseCost + (1 << 20) / Helpers.bytesPerCost

    /// `BPF_F_CTXLEN_MASK`, <linux/bpf.h>: bytes of the packet to append.
    private static let packetBits: UInt64 = 0xF_FFFF << 32
    /// `BPF_F_INDEX_MASK`
    private static let indexBits: UInt64 = 0xFFFF_FFFF

    /// `bpf_perf_event_output(ctx, map, flags, data, size)`
    private static func perfEventOutput(_ call: HelperCall) throws(Fault) -> UInt64 {
        let frame = try call.currentFrame()
        let map = try call.map(2)
        let flags = call[3]
        guard flags & ~(packetBits | indexBits) == 0 else { return HelperCall.error(EINVAL) }
        let bytes = try call.readable(4, bytes: Int(call[5] & 0x7FFF_FFFF))
        let length = Int((flags & packetBits) >> 32)
        guard length <= frame.pointee.dataEnd - frame.pointee.data else { return HelperCall.error(EFAULT) }
        call.charge(bytes: bytes.count + length)
        let packet = UnsafeRawBufferPointer(start: frame.pointee.data, count: length)
        return UInt64(
            bitPattern: map.pointee.outputRecord(bytes, packet, index: flags & indexBits, slot: call.state.pointee.slot)
        )
    }

    /// `bpf_ringbuf_output(map, data, size, flags)`
    private static func output(_ call: HelperCall) throws(Fault) -> UInt64 {
        let map = try call.map(1)
        guard call[4] & ~3 == 0 else { return HelperCall.error(EINVAL) }
        let bytes = try call.readable(2, bytes: Int(call[3] & 0x7FFF_FFFF))
        call.charge(bytes: bytes.count)
        guard let record = map.pointee.reserveRecord(bytes.count) else { return HelperCall.error(EAGAIN) }
        UnsafeMutableRawBufferPointer(start: record, count: bytes.count).copyMemory(from: bytes)
        map.pointee.commitRecord(record, discard: false, flags: call[4])
        return 0
    }

    /// `bpf_ringbuf_reserve(map, size, flags)`
    private static func reserve(_ call: HelperCall) throws(Fault) -> UInt64 {
        let map = try call.map(1)
        let size = call[2]
        guard call[3] == 0, size <= 1 << 30, call.state.pointee.reservations.hasRoom,
            let record = map.pointee.reserveRecord(Int(size))
        else { return 0 }
        call.state.pointee.reservations.add(Reservation(record: record, bytes: Int(size), map: map))
        return UInt64(UInt(bitPattern: record))
    }

    /// `bpf_ringbuf_submit(record, flags)`, `bpf_ringbuf_discard(record, flags)`
    private static func commit(_ call: HelperCall, discard: Bool) throws(Fault) -> UInt64 {
        guard let reservation = call.state.pointee.reservations.remove(UInt(call[1])) else { throw .badAccess }
        reservation.map.pointee.commitRecord(reservation.record, discard: discard, flags: call[2])
        return 0
    }

    /// `bpf_ringbuf_query(map, what)`
    private static func query(_ call: HelperCall) throws(Fault) -> UInt64 {
        try call.map(1).pointee.queryRecords(call[2])
    }
}
