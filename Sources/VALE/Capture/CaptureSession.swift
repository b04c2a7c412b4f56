import Glibc
import PacketIO
import Switching
import Synchronization

/// A capture at work: frames of a switch, from a tap into a pcapng file that can be read all the time.
///
/// A thread of its own drains the tap. It ends at a limit, when it is stopped, and with the switch.
public final class CaptureSession: Sendable {
    public struct Limits: Hashable, Sendable {
        public var packets: UInt64?
        /// Of the file; what would pass it is not written.
        public var bytes: Int
        public var seconds: Double?

        public init(packets: UInt64? = nil, bytes: Int = 1 << 30, seconds: Double? = nil) {
            self.packets = packets
            self.bytes = bytes
            self.seconds = seconds
        }
    }

    public struct Status: Hashable, Sendable {
        public var isRunning = true
        public var packets: UInt64 = 0
        /// Of the file.
        public var bytes = 0
        /// Frames that were wanted, but came faster than they could be written.
        public var lost: UInt64 = 0
        /// Why it ended where that was no limit and nobody's wish.
        public var failure: String?
    }

    private struct State {
        var packets: UInt64 = 0
        var isRunning = true
        var failure: String?
        var waiting: [UInt64: @Sendable () -> Void] = [:]
        var lastWaiting: UInt64 = 0
    }

    private let vale: VALESwitch
    private let tap: FrameTap
    private let limits: Limits
    private let store: CaptureStore
    private let state = Mutex(State())
    private let isStopping = Atomic(false)
    private let thread = Mutex<BackgroundThread?>(nil)

    /// Begins at once.
    public init(_ tap: FrameTap, of vale: VALESwitch, limits: Limits = Limits()) throws(CaptureError) {
        self.vale = vale
        self.tap = tap
        self.limits = limits
        do throws(CaptureError) {
            store = try CaptureStore()
            var file = CapturedPackets(snaplen: tap.options.snaplen)
            for port in tap.wantedPorts { file.meet(port) }
            try store.append(file.writer.take())
            let begun = file
            let thread = try BackgroundThread("swale-capture") { [self] in run(begun) }
            self.thread.withLock { $0 = thread }
        } catch {
            vale.stopTap(tap)
            throw error
        }
    }

    /// Ends it: what was captured is in the file when this returns.
    public func stop() {
        isStopping.store(true, ordering: .relaxed)
        thread.withLock { $0 }?.join()
    }

    public var status: Status {
        // Lost first: what is lost was not counted elsewhere.
        let lost = tap.lost
        return state.withLock {
            Status(
                isRunning: $0.isRunning, packets: $0.packets, bytes: store.count, lost: lost, failure: $0.failure)
        }
    }

    // MARK: Reading

    /// Bytes of the file from `offset` on, at most `limit`; none where there are none yet. `isLast`: none will follow.
    public func read(at offset: Int, limit: Int) throws(CaptureError) -> (bytes: [UInt8], isLast: Bool) {
        // In this order: what ends the capture is written before it has ended.
        let isRunning = state.withLock { $0.isRunning }
        let bytes = try store.read(at: offset, limit: limit)
        return (bytes, !isRunning && offset + bytes.count == store.count)
    }

    /// Bytes of the file by now: whole blocks.
    public var byteCount: Int { store.count }

    /// Calls `body` once, when the file has more bytes than `count` or the capture has ended: maybe at once, maybe on
    /// the capture's thread, which it must not hold up.
    public func whenMore(than count: Int, _ body: @escaping @Sendable () -> Void) {
        let isWaiting = state.withLock { state in
            guard state.isRunning, store.count <= count else { return false }
            state.lastWaiting += 1
            state.waiting[state.lastWaiting] = body
            return true
        }
        if !isWaiting { body() }
    }

    private func wakeReaders(_ change: (inout State) -> Void) {
        let waiting = state.withLock { state in
            change(&state)
            defer { state.waiting = [:] }
            return state.waiting
        }
        for body in waiting.values { body() }
    }

    // MARK: The thread

    /// Between two looks at the tap, in microseconds: from the first up to the last, while there is nothing.
    private static let pauses: ClosedRange<UInt32> = 500...20_000

    private func run(_ begun: CapturedPackets) {
        var file = begun
        let end = limits.seconds.map { ContinuousClock.now + .seconds($0) }
        var pause = Self.pauses.lowerBound
        var isFull = false
        var failure: String?
        do throws(CaptureError) {
            while !isFull {
                let isLastLook = tap.isEnded
                if !isLastLook, isStopping.load(ordering: .relaxed) || end.map({ ContinuousClock.now >= $0 }) ?? false {
                    // The next look is the last: what was copied before is still to come.
                    vale.stopTap(tap)
                    continue
                }
                let before = file.packets
                isFull = try drain(&file)
                if file.packets > before {
                    pause = Self.pauses.lowerBound
                } else if isLastLook {
                    break
                } else if !isFull {
                    usleep(pause)
                    pause = min(pause * 2, Self.pauses.upperBound)
                }
            }
        } catch {
            failure = error.description
        }
        vale.stopTap(tap)
        do throws(CaptureError) {
            for (port, frames) in tap.lostLast { file.miss(frames, of: port) }
            if failure == nil { try store.append(file.statistics()) }
        } catch {
            failure = error.description
        }
        wakeReaders { state in
            state.isRunning = false
            state.failure = failure
            state.packets = file.packets
        }
    }

    /// Bytes that are collected before they are written.
    private static let batch = 1 << 20

    /// - Returns: whether a limit was reached.
    private func drain(_ file: inout CapturedPackets) throws(CaptureError) -> Bool {
        var isFull = false
        var taken = 0
        repeat {
            taken = 0
            tap.drain { frame in
                if let packets = limits.packets, file.packets >= packets { isFull = true }
                let most = file.writer.bytes.count + frame.bytes.count + CapturedPackets.overhead
                if store.count + most > limits.bytes { isFull = true }
                if isFull { return false }
                file.add(frame)
                taken += 1
                return file.writer.bytes.count < Self.batch
            }
            if let packets = limits.packets, file.packets >= packets { isFull = true }
            if taken > 0 {
                let packets = file.packets
                try store.append(file.writer.take())
                wakeReaders { $0.packets = packets }
            }
        } while taken > 0 && !isFull
        return isFull
    }
}
