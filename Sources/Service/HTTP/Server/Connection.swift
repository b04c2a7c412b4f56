import Glibc
import HTTPTypes

/// One client: bytes in, requests out to the handler one at a time, answers back in order. Event loop only.
///
/// `pump` does what can be done now and returns when something must happen first: bytes, room in the socket, the
/// handler's answer, or a deadline. Everything that happens ends in `pump`.
final class Connection {
    enum Phase {
        /// TLS's.
        case handshake
        /// Between requests.
        case idle
        /// In a header section.
        case head
        case body
        /// The handler has the request.
        case waiting
        /// The answer's body is pulled from its source.
        case streaming
        /// The last answer is on its way.
        case flushing
        /// The last answer is sent; what the client still sends is dropped until it closes. Closing at once would
        /// reset the connection, and the client could lose the answer.
        case lingering
        case closed
    }

    let loop: ServerLoop
    let token: UInt64
    let descriptor: Int32
    let info: ConnectionInfo
    /// Over the cap: is told so and closed.
    let isRefused: Bool
    let life = ConnectionLife()
    let transport: Transport

    var phase = Phase.handshake { didSet { phaseStartNs = loop.nowNs } }
    private(set) var phaseStartNs: UInt64
    private(set) var deadlineNs = UInt64.max

    var input = InputBuffer()
    var scanner = HeadScanner()
    var decoder: BodyDecoder?
    var bodyLimit = 0
    var body: [UInt8] = []
    /// Bytes of the body that the handler holds.
    var heldBytes = 0
    /// The request that is read or answered.
    var request: Request?
    /// Answers and parts of streams for other requests come too late.
    var requestNumber: UInt64 = 0
    var closesAfterAnswer = false
    /// The request that is refused was HEAD, as far as it was read.
    var isHeadRefused = false

    var output = OutputQueue()
    var outputStartNs: UInt64 = 0
    var stream: BodyStream?
    var isChunked = false
    var pullNumber: UInt64 = 0
    var isPulling = false
    var lingeredBytes = 0

    private var isReadable = true
    private var isWritable = true
    private var isHalfClosed = false
    private var isBroken = false
    private(set) var sawEnd = false
    private var isPumping = false
    private var accountedBytes = 0

    init(
        loop: ServerLoop, token: UInt64, descriptor: Int32, info: ConnectionInfo, transport: Transport, isRefused: Bool
    ) {
        self.loop = loop
        self.token = token
        self.descriptor = descriptor
        self.info = info
        self.transport = transport
        self.isRefused = isRefused
        phaseStartNs = loop.nowNs
    }

    var timeouts: ServerConfiguration.Timeouts { loop.configuration.timeouts }
    var limits: ServerConfiguration.Limits { loop.configuration.limits }

    // MARK: What happens

    func ready(_ event: Poller.Event) {
        if event.isBroken {
            isBroken = true
            isReadable = true
            isWritable = true
        }
        if event.isHalfClosed { isHalfClosed = true }
        if info.isTLS {
            // Either direction of TLS may wait for the other one of the socket.
            isReadable = true
            isWritable = true
        }
        if event.isReadable { isReadable = true }
        if event.isWritable { isWritable = true }
        pump()
    }

    func pump() {
        if isPumping || phase == .closed { return }
        isPumping = true
        defer {
            isPumping = false
            account()
        }
        for _ in 0..<64 {
            guard step() else {
                flush()
                updateDeadline()
                return
            }
        }
        updateDeadline()
        loop.requeue(self)
    }

    /// - Returns: false when something must happen first.
    private func step() -> Bool {
        if output.count > limits.outputHighWater {
            flush()
            if output.count > limits.outputHighWater { return false }
        }
        switch phase {
        case .handshake: return shakeHands()
        case .idle, .head: return readHead()
        case .body: return readBody()
        case .waiting:
            if isBroken { close() }
            return false
        case .streaming:
            // Who sends no more still gets an answer to its end, but does not wait for one that has none.
            if isBroken || isHalfClosed && stream?.isEndless == true {
                close()
                return false
            }
            return pull()
        case .flushing:
            flush()
            guard phase == .flushing, output.isEmpty else { return false }
            transport.finishWriting(descriptor)
            phase = .lingering
            return true
        case .lingering: return dropInput()
        case .closed: return false
        }
    }

    private func shakeHands() -> Bool {
        switch transport.handshake() {
        case .bytes:
            phase = .idle
            if isRefused { refuse(.overloaded("there are too many connections")) }
            return true
        case .wouldBlock: return false
        case .end, .broken:
            close()
            return false
        }
    }

    private func dropInput() -> Bool {
        let outcome = loop.read(transport) { lingeredBytes += $0.count }
        switch outcome {
        case .bytes where lingeredBytes < 64 << 20: return true
        case .wouldBlock: return false
        default:
            close()
            return false
        }
    }

    // MARK: Bytes

    /// - Returns: false when no byte was added, and there will be none before the next event or at all (`sawEnd`).
    func fill() -> Bool {
        flush()
        if phase == .closed || sawEnd || !isReadable { return false }
        let outcome = loop.read(transport) { input.append($0) }
        switch outcome {
        case .bytes(let count):
            account()
            if transport.shortReadEmpties && count < loop.readLimit && !isHalfClosed && !isBroken { isReadable = false }
            return true
        case .wouldBlock: isReadable = false
        case .end: sawEnd = true
        case .broken: close()
        }
        return false
    }

    func flush() {
        if output.isEmpty || !isWritable || phase == .closed { return }
        let before = output.count
        let outcome = output.flush(to: transport)
        if output.count < before { outputStartNs = loop.nowNs }
        switch outcome {
        case .bytes: break
        case .wouldBlock: isWritable = false
        case .end, .broken: close()
        }
    }

    func send(_ bytes: [UInt8]) {
        if output.isEmpty { outputStartNs = loop.nowNs }
        output.append(bytes)
    }

    func close() {
        if phase == .closed { return }
        phase = .closed
        life.end()
        input = InputBuffer()
        output = OutputQueue()
        body = []
        heldBytes = 0
        request = nil
        account()
        Glibc.close(descriptor)
        loop.remove(self)
        endStream(isCancelled: true)
    }

    private func account() {
        let bytes = phase == .closed ? 0 : input.footprint + body.capacity + heldBytes + output.count
        if bytes != accountedBytes { loop.account(bytes - accountedBytes) }
        accountedBytes = bytes
    }

    // MARK: Time

    private func updateDeadline() {
        deadlineNs = deadline()
        if deadlineNs != .max { loop.noteDeadline(deadlineNs) }
    }

    private func deadline() -> UInt64 {
        // A reader may pause: little is held for it, and who is gone is told of.
        if phase == .streaming && stream?.isEndless == true && !output.isEmpty { return .max }
        if !output.isEmpty { return outputStartNs + nanoseconds(timeouts.write) }
        switch phase {
        case .handshake, .head: return phaseStartNs + nanoseconds(timeouts.header)
        case .idle: return phaseStartNs + nanoseconds(requestNumber == 0 ? timeouts.header : timeouts.idle)
        case .body: return phaseStartNs + nanoseconds(timeouts.body + Double(body.count) / timeouts.bodyRate)
        case .streaming:
            guard let heartbeat = stream?.heartbeat else { return .max }
            return outputStartNs + nanoseconds(heartbeat.seconds)
        case .lingering: return phaseStartNs + nanoseconds(timeouts.linger)
        case .flushing: return phaseStartNs + nanoseconds(timeouts.write)
        case .waiting, .closed: return .max
        }
    }

    private func nanoseconds(_ seconds: Double) -> UInt64 {
        UInt64(max(0, min(seconds, 1e9)) * 1e9)
    }

    /// The deadline has passed.
    func expire() {
        guard output.isEmpty else { return close() }
        switch phase {
        case .head: refuse(.timedOut("the header section took too long"))
        case .body: refuse(.timedOut("the body took too long"))
        case .streaming: beat()
        case .waiting: return
        case .handshake, .idle, .flushing, .lingering, .closed: return close()
        }
        pump()
    }

    /// The server shuts down: no request after this one.
    func drain() {
        closesAfterAnswer = true
        // A request that has arrived is answered, reported or not.
        isReadable = true
        pump()
        switch phase {
        case .handshake, .idle: close()
        case .streaming where stream?.isEndless == true:
            endStream(isCancelled: true)
            finishBody()
            pump()
        default: break
        }
    }
}
