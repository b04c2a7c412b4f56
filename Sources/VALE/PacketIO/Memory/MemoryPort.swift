import CLinux
import Glibc
import Synchronization

/// A port in memory, for tests and benchmarks: frames are injected on one side and drained on the other.
///
/// A struct behind a pointer: a copy refers to the same port. `inject` and `drain` may be called from any thread.
public struct MemoryPort: BitwiseCopyable, @unchecked Sendable {
    struct State: ~Copyable {
        let incoming: FrameQueue
        let outgoing: FrameQueue
        let maximumFrameBytes: Int
        let eventDescriptor: Int32
        /// Of the worker: what it has received and not released lies before it.
        var received = FrameQueue.Cursor()
        /// The worker found nothing and may sleep: the next `inject` writes to the eventfd.
        let armed = Atomic<Bool>(false)
        /// The eventfd has been written to since the worker last emptied it.
        let signalled = Atomic<Bool>(false)
        let link = Atomic<UInt8>(LinkState.up.rawValue)
        let injecting = Mutex<Void>(())
        let draining = Mutex<FrameQueue.Cursor>(FrameQueue.Cursor())
    }

    let state: UnsafeMutablePointer<State>

    /// - Parameters:
    ///   - receiveFrames: frames that wait to be received at most.
    ///   - transmitFrames: frames that wait to be drained at most; further ones are `txQueueFull`.
    ///   - bytes: of each of the two queues.
    ///   - maximumFrameBytes: a longer frame without GSO is `oversize` on transmit.
    public init(
        receiveFrames: Int = 4096, transmitFrames: Int = 4096, bytes: Int = 4 << 20, maximumFrameBytes: Int = 65_550
    ) {
        let descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        precondition(descriptor >= 0, "eventfd: errno \(errno)")
        state = .allocate(capacity: 1)
        state.initialize(
            to: State(
                incoming: FrameQueue(bytes: bytes, frameLimit: receiveFrames, headroom: PortIO.headroom),
                outgoing: FrameQueue(bytes: bytes, frameLimit: transmitFrames, headroom: 0),
                maximumFrameBytes: maximumFrameBytes, eventDescriptor: descriptor))
    }

    public func close() {
        state.pointee.incoming.deallocate()
        state.pointee.outgoing.deallocate()
        _ = Glibc.close(state.pointee.eventDescriptor)
        state.deinitialize(count: 1)
        state.deallocate()
    }

    public var descriptor: Int32 { state.pointee.eventDescriptor }

    public var linkState: LinkState { LinkState(rawValue: state.pointee.link.load(ordering: .relaxed)) ?? .gone }

    /// A port that is not up receives nothing; what it should transmit is `linkDown`.
    public func setLinkState(_ link: LinkState) {
        state.pointee.link.store(link.rawValue, ordering: .relaxed)
        wake()
    }

    /// Hot path, worker only.
    public func receive(_ frames: UnsafeMutablePointer<Frame>, limit: Int, drops: DropCounters) -> Int {
        guard state.pointee.link.load(ordering: .relaxed) == LinkState.up.rawValue else {
            prepareToSleep()
            return 0
        }
        let count = state.pointee.incoming.read(&state.pointee.received, frames, limit: limit)
        if count > 0 { return count }
        prepareToSleep()
        return state.pointee.incoming.read(&state.pointee.received, frames, limit: limit)
    }

    /// Hot path, worker only.
    public func release() {
        state.pointee.incoming.consume(state.pointee.received)
    }

    /// Hot path, worker only.
    public func transmit(
        _ frames: UnsafePointer<Frame>, _ selection: UnsafePointer<UInt16>, count: Int, ring: Int, drops: DropCounters
    ) -> (frames: Int, bytes: Int) {
        guard state.pointee.link.load(ordering: .relaxed) == LinkState.up.rawValue else {
            drops.add(.linkDown, count)
            return (0, 0)
        }
        let queue = state.pointee.outgoing
        let maximum = state.pointee.maximumFrameBytes
        var batch = queue.begin()
        var sent = (frames: 0, bytes: 0)
        for i in 0..<count {
            let frame = frames + Int(selection[i])
            let length = Int(frame.pointee.length)
            if length > maximum && frame.pointee.offload.gsoType == 0 {
                drops.add(.oversize)
            } else if queue.append(
                frame.pointee.bytes, length: length, offload: frame.pointee.offload, to: &batch)
            {
                sent.frames &+= 1
                sent.bytes &+= length
            } else {
                drops.add(.txQueueFull)
            }
        }
        queue.publish(batch)
        return sent
    }

    /// Empties the eventfd and has the next `inject` write to it.
    private func prepareToSleep() {
        if state.pointee.signalled.load(ordering: .relaxed) {
            state.pointee.signalled.store(false, ordering: .relaxed)
            var value: eventfd_t = 0
            _ = eventfd_read(state.pointee.eventDescriptor, &value)
        }
        if !state.pointee.armed.load(ordering: .relaxed) {
            state.pointee.armed.store(true, ordering: .sequentiallyConsistent)
        }
        atomicMemoryFence(ordering: .sequentiallyConsistent)
    }

    private func wake() {
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        guard state.pointee.armed.exchange(false, ordering: .sequentiallyConsistent) else { return }
        _ = eventfd_write(state.pointee.eventDescriptor, 1)
        state.pointee.signalled.store(true, ordering: .releasing)
    }
}

extension MemoryPort {
    /// Frames that wait to be received, or are received and not released.
    public var injectedCount: Int { state.pointee.incoming.count }
    /// Frames that wait to be drained.
    public var transmittedCount: Int { state.pointee.outgoing.count }

    /// False: the queue is full. Any thread.
    @discardableResult
    public func inject(_ bytes: UnsafeRawBufferPointer, offload: FrameOffload = .none) -> Bool {
        guard let base = bytes.baseAddress else { return false }
        let queue = state.pointee.incoming
        let accepted = state.pointee.injecting.withLock { _ in
            var batch = queue.begin()
            let hasRoom = queue.append(base, length: bytes.count, offload: offload, to: &batch)
            queue.publish(batch)
            return hasRoom
        }
        wake()
        return accepted
    }

    /// As many of the frames as there is room for, in order; the result is their number. Any thread.
    public func inject(_ frames: UnsafeBufferPointer<UnsafeRawBufferPointer>) -> Int {
        let queue = state.pointee.incoming
        let accepted = state.pointee.injecting.withLock { _ in
            var batch = queue.begin()
            var count = 0
            for frame in frames {
                guard let base = frame.baseAddress,
                    queue.append(base, length: frame.count, offload: .none, to: &batch)
                else { break }
                count += 1
            }
            queue.publish(batch)
            return count
        }
        if accepted > 0 { wake() }
        return accepted
    }

    @discardableResult
    public func inject(_ bytes: [UInt8], offload: FrameOffload = .none) -> Bool {
        bytes.withUnsafeBytes { inject($0, offload: offload) }
    }

    /// The frames transmitted since the last call, at most `limit`. Any thread.
    public func drainFrames(limit: Int = .max) -> [(bytes: [UInt8], offload: FrameOffload)] {
        var drained: [(bytes: [UInt8], offload: FrameOffload)] = []
        drain(limit: limit) { bytes, offload in drained.append((Array(bytes), offload)) }
        return drained
    }

    /// The frames transmitted since the last call, without their offload.
    public func drain() -> [[UInt8]] { drainFrames().map(\.bytes) }

    /// Hands each transmitted frame to `body`; the result is their number. The bytes are valid during the call.
    @discardableResult
    public func drain(limit: Int, _ body: (UnsafeRawBufferPointer, FrameOffload) -> Void) -> Int {
        state.pointee.draining.withLock { cursor in
            withUnsafeTemporaryAllocation(of: Frame.self, capacity: 256) { frames in
                var total = 0
                while total < limit {
                    let count = state.pointee.outgoing.read(
                        &cursor, frames.baseAddress!, limit: min(256, limit - total))
                    if count == 0 { break }
                    for i in 0..<count {
                        body(
                            UnsafeRawBufferPointer(start: frames[i].bytes, count: Int(frames[i].length)),
                            frames[i].offload)
                    }
                    state.pointee.outgoing.consume(cursor)
                    total += count
                }
                return total
            }
        }
    }
}
