/// TLS on one connection.
final class TLSSession {
    init(_ context: TLSContext, descriptor: Int32) {}
    func handshake() -> Transport.Outcome { .broken }
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Transport.Outcome { .broken }
    func write(_ bytes: UnsafeRawBufferPointer) -> Transport.Outcome { .broken }
    func close() {}
}
