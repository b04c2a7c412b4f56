import CLinux
import Glibc
import Maps

/// Wakes without a frame that a descriptor may cause in a row before it rests until the next tick.
private let falseWakeLimit = 16

extension Worker {
    /// Nothing came in this round: looks again for a short while, as long as that has paid off lately, then sleeps.
    mutating func idle() {
        let now = clinux_monotonic_ns()
        if busyPoll {
            if isDirty || resting > 0 { tick(at: now) }
            clinux_pause()
            return
        }
        if idleSince == 0 { idleSince = now }
        if now &- idleSince < spin {
            clinux_pause()
            return
        }
        if isDirty || resting > 0 { tick(at: now) }
        sleep(from: now)
    }

    /// In epoll, until a frame or a command comes, or a tick is due.
    private mutating func sleep(from start: UInt64) {
        var timeout: Int32 = -1
        if isDirty || resting > 0 {
            timeout = Int32(truncatingIfNeeded: (max(nextTick, start) &- start) / 1_000_000 &+ 1)
        }
        domain._withUnsafeGuaranteedRef { $0.offline(Self.slot) }
        let count = epoll_wait(epoll, events, Int32(Self.maximumEvents), timeout)
        domain._withUnsafeGuaranteedRef { $0.online(Self.slot) }
        adapt(slept: clinux_monotonic_ns() &- start)
        idleSince = 0
        guard count > 0 else { return }
        for i in 0..<Int(count) { serve(events[i]) }
    }

    /// A frame that came soon after the worker slept would have been cheaper to wait for; a long sleep shows that
    /// looking for it was of no use.
    private mutating func adapt(slept: UInt64) {
        if slept < spinLimit {
            spin = min(max(spin &* 2, 2000), spinLimit)
        } else {
            spin = slept > 4 &* spinLimit ? spin / 2 : spin
            if spin < 1000 { spin = 0 }
        }
    }

    private mutating func serve(_ event: epoll_event) {
        guard let address = event.data.ptr else {
            channel._withUnsafeGuaranteedRef { $0.drainWake() }
            return
        }
        let port = address.assumingMemoryBound(to: WorkerPort.self)
        if event.events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { port.pointee.io?.handleError() }
        let dropped = port.pointee.counters.drops[.rxTruncated]
        if burst.forward(from: port) > 0 || port.pointee.counters.drops[.rxTruncated] != dropped {
            port.pointee.falseWakes = 0
            isDirty = true
            return
        }
        // Whatever is wrong with it, a descriptor that is ready for ever must not keep the worker awake.
        port.pointee.falseWakes += 1
        if port.pointee.falseWakes > falseWakeLimit { rest(port) }
    }

    // MARK: The epoll set

    func watch(_ descriptor: Int32, _ port: WorkerPortPointer?) -> Bool {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue
        event.data.ptr = UnsafeMutableRawPointer(port)
        return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0
    }

    /// If it can't be watched it is tried again each tick, and served whenever the worker is awake.
    mutating func arm(_ port: WorkerPortPointer) {
        guard !port.pointee.isArmed, let io = port.pointee.io else { return }
        if watch(io.descriptor, port) {
            port.pointee.isArmed = true
            if port.pointee.isResting { resting -= 1 }
            port.pointee.isResting = false
        } else {
            if !port.pointee.isResting { resting += 1 }
            port.pointee.isResting = true
        }
    }

    private mutating func rest(_ port: WorkerPortPointer) {
        disarm(port)
        port.pointee.isResting = true
        resting += 1
    }

    /// Takes the descriptor out of the set. EPOLLERR and EPOLLHUP are reported as long as it is there.
    mutating func disarm(_ port: WorkerPortPointer) {
        if port.pointee.isArmed, let io = port.pointee.io {
            _ = epoll_ctl(epoll, EPOLL_CTL_DEL, io.descriptor, nil)
        }
        port.pointee.isArmed = false
        if port.pointee.isResting { resting -= 1 }
        port.pointee.isResting = false
    }
}
