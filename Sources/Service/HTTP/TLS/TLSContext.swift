import COpenSSL

/// Certificate, key and rules of one endpoint: TLS 1.2 and 1.3, HTTP/1.1 by ALPN, no renegotiation, no compression.
final class TLSContext: @unchecked Sendable {
    /// Not changed after `init`; OpenSSL counts references to it atomically.
    let context: OpaquePointer

    init(_ identity: TLSIdentity) throws(ServerError) {
        ERR_clear_error()
        guard let context = SSL_CTX_new(TLS_server_method()) else { throw .tls(Self.lastError()) }
        self.context = context
        guard copenssl_require_tls12(context) == 1,
            SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1
        else { throw .tls(Self.lastError()) }
        copenssl_set_modes(context)
        copenssl_set_alpn(context)
        guard SSL_CTX_use_certificate_chain_file(context, identity.certificatePath) == 1 else {
            throw .tls("\(identity.certificatePath): \(Self.lastError())")
        }
        guard SSL_CTX_use_PrivateKey_file(context, identity.keyPath, SSL_FILETYPE_PEM) == 1 else {
            throw .tls("\(identity.keyPath): \(Self.lastError())")
        }
        guard SSL_CTX_check_private_key(context) == 1 else { throw .tls(Self.lastError()) }
    }

    deinit {
        SSL_CTX_free(context)
    }

    /// The innermost reason of what failed last on this thread.
    private static func lastError() -> String {
        var text = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(ERR_peek_last_error(), &text, text.count)
        ERR_clear_error()
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
