import Engine
import PacketIO

/// What the worker holds of a tap. Control makes and frees it; while a switch has it, the worker alone touches it.
struct WorkerTap {
    let ring: TapRing
    /// Of type `xdp`: passes what is wanted.
    let filter: Executable?
    let snaplen: Int
    let takesArrivals: Bool
    let takesDepartures: Bool
    let wanted: TapOptions.Outcome
    /// By port number, 256 entries: whether frames of the port are wanted.
    let ports: UnsafeMutablePointer<Bool>
    /// By port number, 256 entries: frames that found no room since the port's last record.
    let lost: UnsafeMutablePointer<UInt64>
    /// By port number, 256 entries: the serial number of the port; 0 for none.
    let serials: UnsafeMutablePointer<UInt32>
    /// Of a burst's frames, as they came: their records.
    let arrivals: UnsafeMutablePointer<Slot>
    /// The same of the frames that go to one port.
    let departures: UnsafeMutablePointer<Slot>
    private var cursor = TapRing.Cursor()

    /// A frame's record. Without one the frame is not wanted, or found no room.
    struct Slot: BitwiseCopyable {
        var record: UnsafeMutablePointer<TapRecord>?
        var isLost = false
    }

    init(_ options: TapOptions) {
        ring = TapRing(bytes: options.ringBytes)
        filter = options.filter?.executable
        snaplen = options.snaplen
        takesArrivals = options.direction != .out
        takesDepartures = options.direction != .in
        wanted = options.outcome
        ports = .allocate(capacity: 256)
        ports.initialize(repeating: false, count: 256)
        lost = .allocate(capacity: 256)
        lost.initialize(repeating: 0, count: 256)
        serials = .allocate(capacity: 256)
        serials.initialize(repeating: 0, count: 256)
        arrivals = .allocate(capacity: DataplaneOptions.maximumBurst)
        departures = .allocate(capacity: DataplaneOptions.maximumBurst)
    }

    func deallocate() {
        ring.deallocate()
        ports.deallocate()
        lost.deallocate()
        serials.deallocate()
        arrivals.deallocate()
        departures.deallocate()
    }

    /// A port that is new under its number.
    func meet(_ port: WorkerPortPointer, isWanted: Bool) {
        ports[Int(port.pointee.number)] = isWanted
        lost[Int(port.pointee.number)] = 0
        serials[Int(port.pointee.number)] = port.pointee.serial
    }

    mutating func begin() { cursor = ring.begin() }

    func publish() { ring.publish(cursor) }

    /// Copies a frame; its outcome is still to be told.
    mutating func take(_ frame: Frame) -> Slot {
        let length = Int(frame.length)
        let captured = min(length, snaplen)
        guard let slot = ring.reserve(captured, &cursor) else { return Slot(isLost: true) }
        let record = slot.assumingMemoryBound(to: TapRecord.self)
        record.pointee.captured = UInt32(truncatingIfNeeded: captured)
        record.pointee.length = frame.length
        (slot + TapRecord.headerBytes).copyMemory(from: frame.bytes, byteCount: captured)
        return Slot(record: record)
    }

    /// The record is what the reader gets, unless its outcome is not wanted.
    mutating func complete(
        _ slot: Slot, _ kind: TapRecord.Kind, _ outcome: OutcomeCode, port: UInt8, ingress: UInt32, egress: UInt32,
        nanoseconds: UInt64
    ) {
        guard slot.record != nil || slot.isLost, outcome.fits(wanted) else { return }
        guard let record = slot.record else {
            lost[Int(port)] &+= 1
            ring.countLost(1)
            return
        }
        record.pointee.kind = kind
        record.pointee.outcome = outcome
        record.pointee.nanoseconds = nanoseconds
        record.pointee.ingress = ingress
        record.pointee.egress = egress
        record.pointee.lost = lost[Int(port)]
        lost[Int(port)] = 0
        ring.keep(record, &cursor)
    }
}

typealias WorkerTapPointer = UnsafeMutablePointer<WorkerTap>
