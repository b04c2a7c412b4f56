import PacketIO
import Synchronization

/// A frame that a tap copied.
public struct TappedFrame {
    /// Valid during the call that hands it over.
    public var bytes: UnsafeRawBufferPointer
    /// Bytes that the frame had.
    public var length: Int
    /// Since 1970: when the burst came that the frame is of.
    public var nanoseconds: UInt64
    /// The port whose frame it is: the ingress, or for frames that go out the egress.
    public var port: TappedPort
    public var isDeparture: Bool
    public var ingress: TappedPort
    /// nil where there is none, or several.
    public var egress: TappedPort?
    public var outcome: FrameOutcome
    /// Frames of the port that the tap had no room for, since the one before.
    public var lost: UInt64
}

/// A port as it was added once: the same name may come again with another serial number.
public struct TappedPort: Hashable, Sendable {
    public var serial: UInt32
    public var name: String
}

/// Copies of a switch's frames, from the worker to whoever drains them.
public final class FrameTap: @unchecked Sendable {
    public let options: TapOptions
    let worker: WorkerTapPointer
    private let ended = Atomic(false)
    private let ports = Mutex<[UInt32: String]>([:])

    init(_ options: TapOptions) {
        self.options = options
        worker = .allocate(capacity: 1)
        worker.initialize(to: WorkerTap(options))
    }

    deinit {
        worker.pointee.deallocate()
        worker.deallocate()
    }

    /// Frames that were wanted and found no room in the ring.
    public var lost: UInt64 { worker.pointee.ring.lost }

    /// No further frame comes: it was stopped, or its switch removed.
    public var isEnded: Bool { ended.load(ordering: .acquiring) }

    func end() { ended.store(true, ordering: .releasing) }

    /// Before the worker can see the port.
    func know(_ port: Port) { ports.withLock { $0[port.serial] = port.name } }

    func wants(_ port: Port) -> Bool { options.ports?.contains(port.name) ?? true }

    /// Ports that it copies from, those that are gone included, in the order in which they were added.
    public var wantedPorts: [TappedPort] {
        let all = ports.withLock { $0 }
        return all.filter { options.ports?.contains($0.value) ?? true }.sorted { $0.key < $1.key }
            .map { TappedPort(serial: $0.key, name: $0.value) }
    }

    /// Frames that found no room after the last one of their port that did. After its end only.
    public var lostLast: [(port: TappedPort, frames: UInt64)] {
        let names = ports.withLock { $0 }
        return (0..<256).compactMap { number in
            let lost = worker.pointee.lost[number]
            let serial = worker.pointee.serials[number]
            return lost == 0 ? nil : (TappedPort(serial: serial, name: names[serial] ?? ""), lost)
        }
    }

    /// Hands over what was copied since the last call, until `body` says false. One thread at a time.
    ///
    /// - Returns: frames handed over.
    @discardableResult
    public func drain(_ body: (TappedFrame) -> Bool) -> Int {
        var names: [UInt32: String] = [:]
        func port(_ serial: UInt32) -> TappedPort {
            if let name = names[serial] { return TappedPort(serial: serial, name: name) }
            names = ports.withLock { $0 }
            return TappedPort(serial: serial, name: names[serial] ?? "")
        }
        return worker.pointee.ring.read { record, bytes in
            let isDeparture = record.pointee.kind == .departure
            let ingress = port(record.pointee.ingress)
            let egress = record.pointee.egress == 0 ? nil : port(record.pointee.egress)
            return body(
                TappedFrame(
                    bytes: UnsafeRawBufferPointer(start: bytes, count: Int(record.pointee.captured)),
                    length: Int(record.pointee.length), nanoseconds: record.pointee.nanoseconds,
                    port: isDeparture ? egress ?? ingress : ingress, isDeparture: isDeparture, ingress: ingress,
                    egress: egress, outcome: record.pointee.outcome.outcome, lost: record.pointee.lost))
        }
    }
}
