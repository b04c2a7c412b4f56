/// TLS's configuration of one endpoint.
final class TLSContext: Sendable {
    init(_ identity: TLSIdentity) throws(ServerError) {
        throw .tls("not yet")
    }
}
