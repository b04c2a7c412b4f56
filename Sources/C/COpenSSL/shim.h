// OpenSSL, and its macros as functions, which Swift does not import.
#ifndef COPENSSL_SHIM_H
#define COPENSSL_SHIM_H
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <string.h>

static inline int copenssl_require_tls12(SSL_CTX *context) {
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}

// One read of the socket for a record in place of two. Writes may be partial and repeated from another address; idle
// connections give their buffers back.
static inline void copenssl_set_modes(SSL_CTX *context) {
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION);
}

// ALPN (RFC 7301): a client that offers protocols must offer HTTP/1.1.
static inline int copenssl_select_http1(SSL *session, const unsigned char **out, unsigned char *length,
                                        const unsigned char *offered, unsigned int offeredLength, void *unused) {
    static const unsigned char name[] = "http/1.1";
    (void)session;
    (void)unused;
    for (unsigned int i = 0; i < offeredLength; i += 1 + offered[i]) {
        if (offered[i] == sizeof(name) - 1 && i + 1 + offered[i] <= offeredLength &&
            memcmp(offered + i + 1, name, sizeof(name) - 1) == 0) {
            *out = offered + i + 1;
            *length = offered[i];
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static inline void copenssl_set_alpn(SSL_CTX *context) {
    SSL_CTX_set_alpn_select_cb(context, copenssl_select_http1, NULL);
}
#endif
