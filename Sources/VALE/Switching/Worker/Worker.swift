import CLinux
import Glibc
import Maps

/// The dataplane's thread: takes a burst from each port in turn, and sleeps while there is none.
///
/// Only its own thread touches it, commands included.
struct Worker: ~Copyable {
    static let slot = 0
    /// Between two collections of kernel drops, and the rest of a descriptor that woke the worker for nothing.
    static let tickNanoseconds: UInt64 = 100_000_000
    static let maximumSwitches = 256

    let burst: Burst
    let channel: Unmanaged<CommandChannel>
    let domain: Unmanaged<WorkerDomain>
    let busyPoll: Bool
    let spinLimit: UInt64

    let tables: UnsafeMutablePointer<SwitchTablePointer>
    var tableCount = 0
    var isStopping = false

    let epoll: Int32
    let events: UnsafeMutablePointer<epoll_event>
    static let maximumEvents = 64
    /// Ports whose descriptor rests.
    var resting = 0
    /// Frames have moved since the last tick.
    var isDirty = false
    var nextTick: UInt64 = 0
    /// When the worker ran out of frames; 0 while there are some.
    var idleSince: UInt64 = 0
    /// How long looking for more has lately paid off, in nanoseconds.
    var spin: UInt64 = 0

    init(_ options: DataplaneOptions, _ domain: WorkerDomain, _ channel: CommandChannel) throws(SwitchError) {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw .system("epoll_create1", errno) }
        burst = Burst(capacity: options.burst)
        self.channel = .passUnretained(channel)
        self.domain = .passUnretained(domain)
        busyPoll = options.busyPoll
        spinLimit = UInt64(options.spinMicroseconds) * 1000
        tables = .allocate(capacity: Self.maximumSwitches)
        events = .allocate(capacity: Self.maximumEvents)
        _ = watch(channel.wakeDescriptor, nil)
    }

    deinit {
        burst.deallocate()
        tables.deallocate()
        events.deallocate()
        close(epoll)
    }
}

typealias WorkerPointer = UnsafeMutablePointer<Worker>

extension WorkerPointer {
    /// Until a command stops it.
    func run() {
        let channel = pointee.channel
        let domain = pointee.domain
        var rounds: UInt64 = 0
        domain._withUnsafeGuaranteedRef { $0.online(Worker.slot) }
        while !pointee.isStopping {
            if channel._withUnsafeGuaranteedRef({ $0.hasCommand }) {
                channel._withUnsafeGuaranteedRef { $0.execute(self) }
                continue
            }
            let moved = pointee.round()
            domain._withUnsafeGuaranteedRef { $0.quiescent(Worker.slot) }
            rounds &+= 1
            if moved {
                pointee.idleSince = 0
                pointee.isDirty = true
                if rounds & 63 == 0 { pointee.tick(at: clinux_monotonic_ns()) }
            } else {
                pointee.idle()
            }
        }
        domain._withUnsafeGuaranteedRef { $0.offline(Worker.slot) }
    }
}

extension Worker {
    /// One burst from every port. Hot path.
    @inline(__always)
    func round() -> Bool {
        var moved = false
        for t in 0..<tableCount {
            let table = tables[t]
            for p in 0..<table.pointee.portCount where burst.forward(from: table.pointee.ports[p]) > 0 {
                moved = true
            }
        }
        return moved
    }

    /// What has to be done now and then: kernel drops are collected, and descriptors that rested are watched again.
    @inline(__always)
    mutating func tick(at now: UInt64) {
        if now >= nextTick { housekeep(now) }
    }

    @inline(never)
    private mutating func housekeep(_ now: UInt64) {
        nextTick = now &+ Self.tickNanoseconds
        isDirty = false
        for t in 0..<tableCount {
            let table = tables[t]
            for p in 0..<table.pointee.portCount {
                let port = table.pointee.ports[p]
                guard let io = port.pointee.io else { continue }
                io.collectKernelDrops(port.pointee.counters.drops)
                if !port.pointee.isArmed { arm(port) }
            }
        }
    }
}
