import COpenSSL
import Glibc

/// TLS on one connection's non-blocking socket. Event loop only.
final class TLSSession {
    private let session: OpaquePointer
    /// After a fatal error OpenSSL wants no further call, not even SSL_shutdown.
    private var isBroken = false

    /// Nil when memory is short.
    init?(_ context: TLSContext, descriptor: Int32) {
        guard let session = SSL_new(context.context) else { return nil }
        self.session = session
        guard SSL_set_fd(session, descriptor) == 1 else { return nil }
        SSL_set_accept_state(session)
    }

    deinit {
        SSL_free(session)
    }

    func handshake() -> Transport.Outcome {
        run { SSL_do_handshake(session) == 1 ? 0 : nil }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Transport.Outcome {
        run {
            var count = 0
            return SSL_read_ex(session, buffer.baseAddress, buffer.count, &count) == 1 ? count : nil
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> Transport.Outcome {
        run {
            var count = 0
            return SSL_write_ex(session, bytes.baseAddress, bytes.count, &count) == 1 ? count : nil
        }
    }

    /// Sends close_notify, so that the client knows that nothing was cut off.
    func close() {
        if isBroken || SSL_is_init_finished(session) == 0 { return }
        ERR_clear_error()
        SSL_shutdown(session)
        ERR_clear_error()
    }

    /// - Parameter body: one call of OpenSSL, nil when it did not succeed.
    private func run(_ body: () -> Int?) -> Transport.Outcome {
        if isBroken { return .broken }
        ERR_clear_error()
        errno = 0
        if let count = body() { return .bytes(count) }
        switch SSL_get_error(session, 0) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .wouldBlock
        case SSL_ERROR_ZERO_RETURN: return .end
        default:
            isBroken = true
            ERR_clear_error()
            return .broken
        }
    }
}
