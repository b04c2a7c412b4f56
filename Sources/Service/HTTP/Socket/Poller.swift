import CLinux
import Glibc

/// An epoll instance, edge-triggered for connections and level-triggered for the rest. Owned by the event loop.
struct Poller: ~Copyable {
    struct Event {
        var token: UInt64
        var flags: UInt32

        var isReadable: Bool { flags & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue) != 0 }
        var isWritable: Bool { flags & EPOLLOUT.rawValue != 0 }
        /// The peer sends no more.
        var isHalfClosed: Bool { flags & EPOLLRDHUP.rawValue != 0 }
        /// Both directions are gone.
        var isBroken: Bool { flags & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 }
    }

    private let descriptor: Int32
    private let events: UnsafeMutableBufferPointer<epoll_event>

    init() throws(ServerError) {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw .system(call: "epoll_create1", errno: errno) }
        events = .allocate(capacity: 256)
    }

    deinit {
        close(descriptor)
        events.deallocate()
    }

    /// Reports while `descriptor` is readable.
    func addListener(_ descriptor: Int32, token: UInt64) -> Bool {
        add(descriptor, token: token, flags: EPOLLIN.rawValue)
    }

    /// Reports when `connection` becomes readable, writable or closed.
    func addConnection(_ connection: Int32, token: UInt64) -> Bool {
        add(
            connection, token: token,
            flags: EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue)
    }

    func remove(_ other: Int32) {
        var event = epoll_event()
        epoll_ctl(descriptor, EPOLL_CTL_DEL, other, &event)
    }

    /// - Parameter timeoutMs: -1 waits for ever.
    func wait(timeoutMs: Int32, _ body: (Event) -> Void) {
        let count = epoll_wait(descriptor, events.baseAddress, Int32(events.count), timeoutMs)
        for index in 0..<max(0, Int(count)) {
            body(Event(token: events[index].data.u64, flags: events[index].events))
        }
    }

    private func add(_ other: Int32, token: UInt64, flags: UInt32) -> Bool {
        var event = epoll_event()
        event.events = flags
        event.data.u64 = token
        return epoll_ctl(descriptor, EPOLL_CTL_ADD, other, &event) == 0
    }
}
