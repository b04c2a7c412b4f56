import HTTPTypes
import Logging

/// What a server listens on and what it allows a client to send, hold and wait for.
public struct ServerConfiguration: Sendable {
    public struct Endpoint: Sendable {
        public var address: ListenAddress
        public var tls: TLSIdentity?

        public init(_ address: ListenAddress, tls: TLSIdentity? = nil) {
            self.address = address
            self.tls = tls
        }
    }

    /// Bounds of one request and of all connections together; sizes in bytes.
    public struct Limits: Sendable {
        public var target = 8 << 10
        public var headerSection = 16 << 10
        public var headerFields = 100
        public var connections = 1024
        /// Input, bodies and answers that wait, of all connections. Beyond it bodies are refused with 503.
        public var bufferedBytes = 256 << 20
        /// Of one connection's answers, before the next request is read or the next part of a stream is pulled.
        public var outputHighWater = 64 << 10
        public var backlog: Int32 = 1024

        public init() {}
    }

    /// In seconds.
    public struct Timeouts: Sendable {
        /// From the first byte, or the connection, to the end of the header section; TLS's handshake too.
        public var header = 10.0
        /// For the body, plus the time that `bodyRate` allows for what has arrived.
        public var body = 20.0
        /// In bytes a second; a body that arrives more slowly is refused with 408.
        public var bodyRate = 4096.0
        /// Between requests.
        public var idle = 60.0
        /// Without the client taking a byte.
        public var write = 20.0
        /// For a client to read the last answer and to close, after which the server does.
        public var linger = 2.0

        public init() {}
    }

    public var endpoints: [Endpoint]
    /// Names and addresses that `Host` may carry over TCP, without a port for any port. Others are answered with 421: a
    /// name that someone else pointed at this machine (DNS rebinding). Not asked on unix sockets.
    public var allowedHosts: [String] = ["localhost", "127.0.0.1", "[::1]"]
    /// Header fields of every answer, unless the answer has one of that name.
    public var headers: HTTPFields = [:]
    public var limits = Limits()
    public var timeouts = Timeouts()
    public var logger = Logger(label: "http")

    public init(endpoints: [Endpoint]) {
        self.endpoints = endpoints
    }

    public init(_ addresses: ListenAddress...) {
        endpoints = addresses.map { Endpoint($0) }
    }
}

/// Where to listen. TCP on loopback addresses only.
public enum ListenAddress: Sendable, Equatable, CustomStringConvertible {
    /// `127.0.0.1`, `::1`, another loopback address, or `localhost` for both families; port 0 for any free one.
    case tcp(host: String, port: Int)
    /// A unix socket of mode 0660; a socket file that no process listens on is replaced.
    case unix(path: String)

    public var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}

/// Certificate chain and private key, as paths of PEM files.
public struct TLSIdentity: Sendable, Equatable {
    public var certificatePath: String
    public var keyPath: String

    public init(certificatePath: String, keyPath: String) {
        self.certificatePath = certificatePath
        self.keyPath = keyPath
    }
}
