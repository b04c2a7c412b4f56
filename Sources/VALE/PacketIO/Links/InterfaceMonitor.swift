import CLinux
import Glibc
import Synchronization

/// Tells of the interfaces of one network namespace: the one of the thread that makes it.
///
/// Events come on a thread of the monitor, in order. When the kernel had to drop messages, all links are asked for
/// again and the difference is told, so nothing is missed for good.
public final class InterfaceMonitor: Sendable {
    private let core: Core
    private let thread: pthread_t

    /// The interfaces that exist already are in `interfaces`; `handler` is told of what changes from then on. It must
    /// not call `stop()`.
    ///
    /// - Parameter receiveBytes: of messages that wait for a slow handler; further ones are made up for by a dump.
    public init(
        receiveBytes: Int = 4 << 20, handler: @escaping @Sendable (InterfaceEvent) -> Void
    ) throws(PortError) {
        let core = Core(link: try LinkSocket.listening(receiveBytes: receiveBytes), handler: handler)
        do throws(PortError) {
            try core.synchronize(telling: false)
        } catch {
            core.close()
            throw error
        }
        self.core = core
        var thread = pthread_t()
        let context = Unmanaged.passRetained(core).toOpaque()
        let error = pthread_create(&thread, nil, { Core.run($0) }, context)
        guard error == 0 else {
            Unmanaged<Core>.fromOpaque(context).release()
            core.close()
            self.thread = pthread_t()
            throw .failed("pthread_create", interface: "any", errno: error)
        }
        self.thread = thread
    }

    deinit { stop() }

    /// No event is told after this.
    public func stop() {
        guard !core.stopped.exchange(true, ordering: .sequentiallyConsistent) else { return }
        _ = eventfd_write(core.wakeUp, 1)
        pthread_join(thread, nil)
        core.close()
    }

    /// As of the last event, by index.
    public var interfaces: [Interface] {
        core.table.withLock { $0.values.sorted { $0.index < $1.index } }
    }

    public func interface(named name: String) -> Interface? {
        core.table.withLock { $0.values.first { $0.name == name } }
    }

    /// What the thread works on; the monitor itself can go while the thread runs.
    private final class Core: Sendable {
        let link: LinkSocket
        let wakeUp: Int32
        let handler: @Sendable (InterfaceEvent) -> Void
        let table = Mutex<[Int32: Interface]>([:])
        let stopped = Atomic<Bool>(false)

        init(link: LinkSocket, handler: @escaping @Sendable (InterfaceEvent) -> Void) {
            self.link = link
            self.handler = handler
            wakeUp = eventfd(0, Int32(EFD_CLOEXEC))
            precondition(wakeUp >= 0, "eventfd: errno \(errno)")
        }

        func close() {
            link.close()
            _ = Glibc.close(wakeUp)
        }

        static func run(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
            let core = Unmanaged<Core>.fromOpaque(context!).takeRetainedValue()
            // Signals are for the main thread.
            var signals = sigset_t()
            sigfillset(&signals)
            pthread_sigmask(SIG_BLOCK, &signals, nil)
            core.loop()
            return nil
        }

        private func loop() {
            var lost = false
            while !stopped.load(ordering: .acquiring) {
                if lost {
                    do throws(PortError) {
                        try synchronize(telling: true)
                        lost = false
                    } catch {
                        usleep(100_000)
                    }
                    continue
                }
                var polled = [
                    pollfd(fd: link.descriptor, events: Int16(POLLIN), revents: 0),
                    pollfd(fd: wakeUp, events: Int16(POLLIN), revents: 0),
                ]
                _ = poll(&polled, 2, -1)
                lost = drain()
            }
        }

        /// Applies the messages that wait. True: some were lost before, and the kernel would not say so of the next ones
        /// until the queue was empty, which it is now.
        private func drain() -> Bool {
            var lost = false
            while !stopped.load(ordering: .acquiring) {
                do throws(PortError) {
                    try link.receive { apply($0) }
                } catch {
                    if case .system(_, _, EAGAIN) = error { return lost }
                    guard case .system(_, _, ENOBUFS) = error else { return true }
                    lost = true
                }
            }
            return lost
        }

        /// Brings the table up to date with a dump. A message that comes meanwhile may be older; what has changed since
        /// is in a message after it.
        func synchronize(telling: Bool) throws(PortError) {
            let asking = try LinkSocket.asking()
            defer { asking.close() }
            var seen: Set<Int32> = []
            try asking.dump { message in
                if case .present(let interface) = message { seen.insert(interface.index) }
                apply(message, telling: telling)
            }
            for index in table.withLock({ Array($0.keys) }) where !seen.contains(index) {
                apply(.removed(index: index), telling: telling)
            }
        }

        private func apply(_ message: LinkMessage, telling: Bool = true) {
            var events: [InterfaceEvent] = []
            switch message {
            case .present(let new):
                guard let old = table.withLock({ $0.updateValue(new, forKey: new.index) }) else {
                    events.append(.added(new))
                    break
                }
                if old.name != new.name { events.append(.renamed(new, from: old.name)) }
                if old.linkState != new.linkState { events.append(new.linkState == .up ? .up(new) : .down(new)) }
                if old.mtu != new.mtu || old.address != new.address { events.append(.changed(new)) }
            case .removed(let index):
                if let old = table.withLock({ $0.removeValue(forKey: index) }) { events.append(.removed(old)) }
            case .done, .failed:
                break
            }
            if telling { events.forEach(handler) }
        }
    }
}
