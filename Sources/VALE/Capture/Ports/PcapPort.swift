import Glibc
import PacketIO
import Synchronization

/// A port that plays a capture file into the switch, and writes what the switch sends it into another: a port in memory
/// with a thread for each direction.
public final class PcapPort: Sendable {
    public struct Options: Hashable, Sendable {
        public enum Timing: String, CaseIterable, Sendable {
            /// As far apart as the file says.
            case recorded
            /// As fast as the switch takes them.
            case none
        }

        /// A pcap or pcapng file.
        public var replay: String?
        public var timing: Timing
        /// Times that the file is played; 0 for ever.
        public var loop: UInt64
        /// A pcap file, begun anew. Without one, what the switch sends to the port is taken and thrown away.
        public var write: String?

        public init(replay: String? = nil, timing: Timing = .recorded, loop: UInt64 = 1, write: String? = nil) {
            self.replay = replay
            self.timing = timing
            self.loop = loop
            self.write = write
        }
    }

    public struct Status: Hashable, Sendable {
        public var isReplaying = false
        /// Frames that the port received from the file.
        public var replayed: UInt64 = 0
        /// Times that the file was played to its end.
        public var loops: UInt64 = 0
        /// Frames of the file that no port takes: empty, or longer than 65,550 bytes.
        public var skipped: UInt64 = 0
        /// Frames in the file that is written.
        public var written: UInt64 = 0
        /// Why the replay ended early.
        public var replayFailure: String?
        /// Why nothing is written any more: what is sent to the port is then dropped, `txQueueFull`.
        public var writeFailure: String?
    }

    public let options: Options
    /// What the switch has as its port.
    public let memory: MemoryPort
    private let directory: PcapDirectory
    private let state = Mutex(Status())
    private let isReplayStopping = Atomic(false)
    private let isStopping = Atomic(false)
    private let threads = Mutex<(replay: BackgroundThread?, write: BackgroundThread?)>((nil, nil))

    static let maximumFrameBytes = 65_550

    /// Nothing moves before `start`, and no file is touched.
    public init(_ options: Options, in directory: PcapDirectory) {
        self.options = options
        self.directory = directory
        memory = MemoryPort(maximumFrameBytes: Self.maximumFrameBytes)
    }

    /// Why a file can't be played; nil where it begins as one should.
    public static func refusal(ofReplay name: String, in directory: PcapDirectory) -> CaptureError? {
        do throws(CaptureError) {
            _ = try PcapReader(name, in: directory)
            return nil
        } catch {
            return error
        }
    }

    /// Once it is a switch's port. The file to write is begun anew.
    public func start() throws(CaptureError) {
        isReplayStopping.store(false, ordering: .relaxed)
        isStopping.store(false, ordering: .relaxed)
        let dumper = try options.write.map { name throws(CaptureError) in try PcapDumper(name, in: directory) }
        state.withLock { $0 = Status(isReplaying: options.replay != nil) }
        let writing = try BackgroundThread("swale-pcap-out") { [self] in write(dumper) }
        threads.withLock { $0.write = writing }
        guard let name = options.replay else { return }
        let replaying = try BackgroundThread("swale-pcap-in") { [self] in replay(name) }
        threads.withLock { $0.replay = replaying }
    }

    public var status: Status { state.withLock { $0 } }

    /// Nothing more is played. Before the switch lets go of the port.
    public func stopReplay() {
        isReplayStopping.store(true, ordering: .relaxed)
        threads.withLock { $0.replay }?.join()
    }

    /// Once the switch has let go of it: writes what it was sent.
    public func stop() {
        stopReplay()
        isStopping.store(true, ordering: .relaxed)
        threads.withLock { $0.write }?.join()
    }

    /// The same, and frees it.
    public func close() {
        stop()
        memory.close()
    }

    // MARK: In

    private func replay(_ name: String) {
        var failure: String?
        do throws(CaptureError) {
            var loops: UInt64 = 0
            while try play(try PcapReader(name, in: directory)) > 0 {
                loops += 1
                let played = loops
                state.withLock { $0.loops = played }
                if loops == options.loop { break }
            }
        } catch {
            failure = error.description
        }
        state.withLock { state in
            state.isReplaying = false
            state.replayFailure = failure
        }
    }

    /// - Returns: frames that the port received; 0 where it was stopped as well.
    private func play(_ reader: PcapReader) throws(CaptureError) -> Int {
        let begin = ContinuousClock.now
        var first: Int64?
        var count = 0
        while let packet = try reader.next() {
            let start = first ?? packet.nanoseconds
            first = start
            if options.timing == .recorded {
                wait(until: begin, plus: packet.nanoseconds.subtractingReportingOverflow(start))
            }
            if isReplayStopping.load(ordering: .relaxed) { return 0 }
            guard 1...Self.maximumFrameBytes ~= packet.bytes.count else {
                state.withLock { $0.skipped += 1 }
                continue
            }
            while !memory.inject(packet.bytes) {
                if isReplayStopping.load(ordering: .relaxed) { return 0 }
                usleep(100)
            }
            count += 1
            state.withLock { $0.replayed += 1 }
        }
        return count
    }

    /// A file may say any time: what lies before its first frame does not wait, and nobody waits for more than a day.
    private func wait(until begin: ContinuousClock.Instant, plus distance: (partialValue: Int64, overflow: Bool)) {
        let longest: Int64 = 86_400_000_000_000
        let nanoseconds = distance.overflow ? 0 : min(max(0, distance.partialValue), longest)
        let end = begin + .nanoseconds(nanoseconds)
        while !isReplayStopping.load(ordering: .relaxed) {
            let rest = (end - ContinuousClock.now) / .microseconds(1)
            guard rest > 0 else { return }
            usleep(UInt32(min(rest.rounded(.up), 20_000)))
        }
    }

    // MARK: Out

    private func write(_ file: PcapDumper?) {
        var pause: UInt32 = 500
        while true {
            let isLastLook = isStopping.load(ordering: .relaxed)
            let count = memory.drain(limit: 1024) { bytes, _ in file?.write(bytes) }
            if count > 0 {
                pause = 500
                guard let file else { continue }
                do throws(CaptureError) {
                    try file.flush()
                } catch {
                    state.withLock { $0.writeFailure = error.description }
                    return
                }
                state.withLock { $0.written += UInt64(count) }
            } else if isLastLook {
                return
            } else {
                usleep(pause)
                pause = min(2 * pause, 20_000)
            }
        }
    }
}
