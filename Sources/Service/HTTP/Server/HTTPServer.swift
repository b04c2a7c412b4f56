import Dispatch
import Foundation
import Synchronization

/// An HTTP/1.1 server: one event-loop thread over sockets of its own.
public final class HTTPServer: Sendable {
    private let configuration: ServerConfiguration
    private let handler: any RequestHandler
    private let loop = Mutex<ServerLoop?>(nil)
    private let stopped = DispatchGroup()

    public init(configuration: ServerConfiguration, handler: any RequestHandler) {
        self.configuration = configuration
        self.handler = handler
    }

    /// Listens on every endpoint, or on none and throws. Returns once clients can connect.
    /// - Returns: the addresses, with the ports that were chosen for port 0; two for `localhost`.
    @discardableResult
    public func start() throws(ServerError) -> [ListenAddress] {
        var listeners: [Listener] = []
        for endpoint in configuration.endpoints {
            var context: TLSContext?
            if let identity = endpoint.tls { context = try TLSContext(identity) }
            listeners += try Listener.open(
                endpoint.address, tls: context, backlog: configuration.limits.backlog)
        }
        let new = try ServerLoop(configuration: configuration, handler: handler, listeners: listeners)
        let isFirst = loop.withLock {
            if $0 != nil { return false }
            $0 = new
            return true
        }
        guard isFirst else { throw .alreadyStarted }
        let addresses = listeners.map { $0.address }
        DescriptorLimit.raise(to: configuration.limits.connections + DescriptorLimit.reserve)
        stopped.enter()
        let stopped = stopped
        let thread = Thread {
            new.run()
            stopped.leave()
        }
        thread.name = "http"
        thread.start()
        return addresses
    }

    /// Stops accepting, answers the requests that have arrived with `Connection: close`, ends endless streams, and
    /// breaks off what is left after `deadline` seconds. Blocks until all is done; not for handlers.
    public func shutdown(deadline: Double = 10) {
        guard let loop = loop.withLock({ $0 }) else { return }
        loop.perform { $0.drain(seconds: deadline) }
        stopped.wait()
    }

    /// Connections that are open now.
    public var connectionCount: Int {
        loop.withLock { $0 }?.openConnections ?? 0
    }

    /// Bytes of input, bodies and answers that wait, of all connections.
    public var bufferedBytes: Int {
        loop.withLock { $0 }?.heldBytes ?? 0
    }
}
