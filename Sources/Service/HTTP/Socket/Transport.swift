import Glibc

/// The bytes of a connection, plain or by TLS. Event loop only; no call blocks.
enum Transport {
    enum Outcome: Equatable {
        case bytes(Int)
        /// Nothing now; the poller reports when to try again.
        case wouldBlock
        /// The peer has sent all it will.
        case end
        case broken
    }

    case plain(Int32)
    case tls(TLSSession)

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Outcome {
        switch self {
        case .plain(let descriptor):
            while true {
                let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
                if count > 0 { return .bytes(count) }
                if count == 0 { return .end }
                if errno == EINTR { continue }
                return errno == EAGAIN ? .wouldBlock : .broken
            }
        case .tls(let session):
            return session.read(into: buffer)
        }
    }

    /// - Parameter isMore: more follows at once; the kernel may wait to fill a segment.
    func write(_ bytes: UnsafeRawBufferPointer, isMore: Bool) -> Outcome {
        switch self {
        case .plain(let descriptor):
            let flags = Int32(MSG_NOSIGNAL) | (isMore ? Int32(MSG_MORE) : 0)
            while true {
                let count = send(descriptor, bytes.baseAddress, bytes.count, flags)
                if count >= 0 { return .bytes(count) }
                if errno == EINTR { continue }
                return errno == EAGAIN ? .wouldBlock : .broken
            }
        case .tls(let session):
            return session.write(bytes)
        }
    }

    /// A TLS handshake, whose end is `.bytes(0)`.
    func handshake() -> Outcome {
        switch self {
        case .plain: .bytes(0)
        case .tls(let session): session.handshake()
        }
    }

    /// A read that got less than it asked for has emptied the socket.
    var shortReadEmpties: Bool {
        if case .plain = self { true } else { false }
    }

    /// Tells the peer that nothing follows.
    func finishWriting(_ descriptor: Int32) {
        if case .tls(let session) = self { session.close() }
        shutdown(descriptor, Int32(SHUT_WR))
    }
}
