import CLinux
import Foundation
import Glibc
import HTTPTypes
import Logging
import Synchronization

/// The event loop: listeners, connections, deadlines. All but `perform` and the counts belongs to its thread.
final class ServerLoop: @unchecked Sendable {
    private enum Token {
        static let mailbox: UInt64 = 0
        static let firstListener: UInt64 = 1
        static let firstConnection: UInt64 = 1 << 16
    }

    /// Connections beyond the cap that are told so; more are closed without a word.
    private static let refusalLimit = 64
    private static let acceptPauseNs: UInt64 = 200_000_000
    /// Deadlines are looked at no more often.
    private static let deadlineGrainNs: UInt64 = 10_000_000

    let configuration: ServerConfiguration
    let handler: any RequestHandler
    let policy: SitePolicy
    let logger: Logger
    /// Monotonic, of the last time that the loop woke.
    private(set) var nowNs: UInt64
    private(set) var isDraining = false
    /// Of all connections.
    private(set) var bufferedBytes = 0

    private let poller: Poller
    private let mailbox: Mailbox
    private var listeners: [Listener]
    private var connections: [UInt64: Connection] = [:]
    private let connectionCount = Atomic(0)
    private let publishedBytes = Atomic(0)
    private var refusals = 0
    private var nextToken = Token.firstConnection
    private var unfinished: [Connection] = []
    private var nextDeadlineNs = UInt64.max
    private var drainDeadlineNs = UInt64.max
    private var resumeAcceptingNs = UInt64.max
    private var thread = pthread_t()
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 64)
    private var dateSecond = 0
    private var dateText = ""

    init(
        configuration: ServerConfiguration, handler: any RequestHandler, listeners: [Listener]
    ) throws(ServerError) {
        self.configuration = configuration
        self.handler = handler
        self.listeners = listeners
        policy = SitePolicy(allowedHosts: configuration.allowedHosts)
        logger = configuration.logger
        poller = try Poller()
        mailbox = try Mailbox()
        nowNs = clinux_monotonic_ns()
        guard poller.addListener(mailbox.descriptor, token: Token.mailbox) else {
            throw .system(call: "epoll_ctl", errno: errno)
        }
    }

    deinit {
        scratch.deallocate()
    }

    var openConnections: Int { connectionCount.load(ordering: .relaxed) }

    var heldBytes: Int { publishedBytes.load(ordering: .relaxed) }

    /// A connection holds so many bytes more, or less.
    func account(_ bytes: Int) {
        bufferedBytes += bytes
        publishedBytes.store(bufferedBytes, ordering: .relaxed)
    }

    /// Any thread: does it at once on the loop's thread, or has the loop do it.
    func perform(_ message: @escaping Mailbox.Message) {
        if pthread_equal(pthread_self(), thread) != 0 {
            message(self)
        } else {
            mailbox.post(message)
        }
    }

    /// Returns when the loop has drained.
    func run() {
        thread = pthread_self()
        // SIGPIPE comes from TLS's writes; the others are for the thread that waits for them.
        var signals = sigset_t()
        sigfillset(&signals)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        startAccepting()
        while !isDone {
            poller.wait(timeoutMs: timeoutMs()) { event in
                nowNs = clinux_monotonic_ns()
                dispatch(event)
            }
            nowNs = clinux_monotonic_ns()
            let again = unfinished
            unfinished = []
            for connection in again { connection.pump() }
            checkDeadlines()
        }
        for connection in Array(connections.values) { connection.close() }
    }

    private var isDone: Bool {
        isDraining && (connections.isEmpty || nowNs >= drainDeadlineNs)
    }

    private func dispatch(_ event: Poller.Event) {
        switch event.token {
        case Token.mailbox:
            for message in mailbox.take() { message(self) }
        case ..<Token.firstConnection:
            let index = Int(event.token - Token.firstListener)
            if index < listeners.count { accept(from: listeners[index]) }
        default:
            connections[event.token]?.ready(event)
        }
    }

    // MARK: Connections

    private func startAccepting() {
        resumeAcceptingNs = .max
        for (index, listener) in listeners.enumerated() {
            _ = poller.addListener(listener.descriptor, token: Token.firstListener + UInt64(index))
        }
    }

    /// Without descriptors or memory the listener would stay readable and the loop would spin.
    private func pauseAccepting(_ code: Int32) {
        logger.warning("can't accept connections for now: \(String(cString: strerror(code)))")
        for listener in listeners { poller.remove(listener.descriptor) }
        resumeAcceptingNs = nowNs + Self.acceptPauseNs
    }

    private func accept(from listener: Listener) {
        for _ in 0..<64 {
            var storage = sockaddr_storage()
            let descriptor = clinux_accept(listener.descriptor, &storage)
            switch -descriptor {
            case EAGAIN: return
            // Errors of the connection that was to be accepted, accept(2)
            case EINTR, ECONNABORTED, EPROTO, EPERM, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH,
                EOPNOTSUPP, ENETUNREACH:
                continue
            case 1...:
                pauseAccepting(-descriptor)
                return
            default: open(descriptor, peer: Self.peer(of: descriptor, storage), tls: listener.tls)
            }
        }
    }

    private static func peer(of descriptor: Int32, _ storage: sockaddr_storage) -> ConnectionInfo.Peer {
        if let address = SocketAddress(storage) { return .tcp(address: address.host, port: address.port) }
        var pid: Int32 = 0
        var uid = UInt32.max
        var gid = UInt32.max
        _ = clinux_peer_credentials(descriptor, &pid, &uid, &gid)
        return .unix(pid: pid, uid: uid, gid: gid)
    }

    private func open(_ descriptor: Int32, peer: ConnectionInfo.Peer, tls: TLSContext?) {
        let isOverCap = connections.count - refusals >= configuration.limits.connections
        var session: TLSSession?
        if let tls { session = TLSSession(tls, descriptor: descriptor) }
        if isOverCap && refusals >= Self.refusalLimit || tls != nil && session == nil {
            Glibc.close(descriptor)
            return
        }
        let token = nextToken
        nextToken += 1
        guard poller.addConnection(descriptor, token: token) else {
            Glibc.close(descriptor)
            return
        }
        let connection = Connection(
            loop: self, token: token, descriptor: descriptor, info: ConnectionInfo(peer: peer, isTLS: tls != nil),
            transport: session.map { .tls($0) } ?? .plain(descriptor), isRefused: isOverCap)
        connections[token] = connection
        if isOverCap { refusals += 1 }
        connectionCount.store(connections.count, ordering: .relaxed)
        connection.pump()
    }

    /// The connection has closed its descriptor.
    func remove(_ connection: Connection) {
        connections[connection.token] = nil
        if connection.isRefused { refusals -= 1 }
        connectionCount.store(connections.count, ordering: .relaxed)
    }

    func connection(_ token: UInt64) -> Connection? {
        connections[token]
    }

    /// The connection has more to do, after others had their turn.
    func requeue(_ connection: Connection) {
        unfinished.append(connection)
    }

    /// Reads what is there, up to the size of the loop's buffer.
    func read(_ transport: Transport, _ body: (UnsafeRawBufferPointer) -> Void) -> Transport.Outcome {
        let outcome = transport.read(into: scratch)
        if case .bytes(let count) = outcome { body(UnsafeRawBufferPointer(rebasing: scratch[..<count])) }
        return outcome
    }

    /// A read of this length may have left bytes in the socket.
    var readLimit: Int { scratch.count }

    // MARK: Time

    /// The value of `Date`, made once a second.
    var date: String {
        let second = time(nil)
        if second != dateSecond {
            dateSecond = second
            dateText = HTTPDate.format(Date(timeIntervalSince1970: Double(second)))
        }
        return dateText
    }

    /// Some connection wants to be looked at then.
    func noteDeadline(_ deadlineNs: UInt64) {
        nextDeadlineNs = min(nextDeadlineNs, deadlineNs)
    }

    private func timeoutMs() -> Int32 {
        if !unfinished.isEmpty { return 0 }
        let next = min(nextDeadlineNs, drainDeadlineNs, resumeAcceptingNs)
        if next == .max { return -1 }
        let now = clinux_monotonic_ns()
        return next <= now ? 0 : Int32(clamping: (next - now) / 1_000_000 + 1)
    }

    private func checkDeadlines() {
        if nowNs >= resumeAcceptingNs && !isDraining { startAccepting() }
        guard nowNs >= nextDeadlineNs else { return }
        nextDeadlineNs = .max
        for connection in Array(connections.values) where connection.deadlineNs <= nowNs { connection.expire() }
        let earliest = connections.values.reduce(UInt64.max) { min($0, $1.deadlineNs) }
        nextDeadlineNs = earliest == .max ? .max : max(earliest, nowNs + Self.deadlineGrainNs)
    }

    // MARK: Shutdown

    func drain(seconds: Double) {
        let deadline = nowNs + UInt64(max(0, seconds) * 1e9)
        drainDeadlineNs = min(drainDeadlineNs, deadline)
        if isDraining { return }
        isDraining = true
        // Clients that the kernel has connected already get an answer.
        for listener in listeners {
            accept(from: listener)
            poller.remove(listener.descriptor)
            listener.close()
        }
        resumeAcceptingNs = .max
        for connection in Array(connections.values) { connection.drain() }
    }
}
