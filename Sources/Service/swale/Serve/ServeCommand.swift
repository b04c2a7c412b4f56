import ArgumentParser
import ControlAPI
import Foundation
import HTTP
import Logging
import Switching

/// `swale serve`: the dataplane, the REST API and the page, until SIGINT or SIGTERM.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the service.",
        discussion: """
            Listens on loopback addresses and a unix socket only. Needs CAP_NET_RAW and CAP_NET_ADMIN for its ports.
            SIGINT and SIGTERM end it gracefully.
            """)

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "A loopback address; may be repeated. 127.0.0.1:8080 where neither this nor --socket is given.",
            valueName: "host:port"))
    var listen: [String] = []

    @Option(help: ArgumentHelp("A unix socket.", valueName: "path"))
    var socket: String?

    @Option(
        help: ArgumentHelp("TLS on the addresses: a PEM file with the certificate and its chain.", valueName: "file"))
    var tlsCert: String?

    @Option(help: ArgumentHelp("A PEM file with the certificate's private key.", valueName: "file"))
    var tlsKey: String?

    @Option(help: ArgumentHelp("The folder of the page; by default the one that swale came with.", valueName: "folder"))
    var webRoot: String?

    @Option(
        help: ArgumentHelp(
            "A folder of pcap files that ports may play and write; without it there are no such ports.",
            valueName: "folder"))
    var pcapDirectory: String?

    @Option(help: ArgumentHelp("CPU that the dataplane's thread is pinned to.", valueName: "number"))
    var cpu: Int?

    @Flag(help: "Let the dataplane spin rather than sleep when it is idle.")
    var busyPoll = false

    @Flag(help: "Check every access of programs as it happens as well: for debugging.")
    var checkAccesses = false

    @Option(help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel = Logger.Level.info

    func validate() throws {
        var isFolder = ObjCBool(false)
        if let webRoot, !FileManager.default.fileExists(atPath: webRoot, isDirectory: &isFolder) || !isFolder.boolValue
        {
            throw ValidationError("--web-root \(webRoot): there is no such folder")
        }
        if let pcapDirectory,
            !FileManager.default.fileExists(atPath: pcapDirectory, isDirectory: &isFolder) || !isFolder.boolValue
        {
            throw ValidationError("--pcap-directory \(pcapDirectory): there is no such folder")
        }
        guard (tlsCert == nil) == (tlsKey == nil) else {
            throw ValidationError("--tls-cert and --tls-key go together")
        }
        for text in listen where Self.address(text) == nil {
            throw ValidationError("--listen \(text): expected HOST:PORT")
        }
    }

    func run() throws {
        let signals = TerminationSignals()
        let level = logLevel
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
        let logger = Logger(label: "swale")
        let dataplane: Dataplane
        do {
            dataplane = try Dataplane(
                options: DataplaneOptions(pinning: cpu.map { .cpu($0) } ?? .automatic, busyPoll: busyPoll))
        } catch {
            throw Failure.badUsage("\(error)")
        }
        defer { dataplane.stop() }
        let assets = Assets(webRoot: webRoot)
        let service = ControlService(
            configuration: ControlConfiguration(
                webRoot: assets.webRoot, openAPIPath: assets.openAPIPath, version: swaleVersion,
                pcapDirectory: pcapDirectory, checksAccesses: checkAccesses),
            dataplane: dataplane)
        var configuration = ServerConfiguration(endpoints: endpoints)
        configuration.logger = Logger(label: "http")
        let server = HTTPServer(configuration: configuration, handler: service)
        do {
            for address in try server.start() { logger.notice("listening on \(address)") }
        } catch {
            throw Failure.badUsage("\(error)")
        }
        if assets.webRoot == nil { logger.warning("no folder of the page was found; name it with --web-root") }
        ServiceManager.notify("READY=1")
        let signal = signals.wait()
        logger.notice("ending on \(signal)")
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.longestEnd) {
            logger.critical("the dataplane does not end; leaving it")
            _exit(1)
        }
        ServiceManager.notify("STOPPING=1")
        service.beginShutdown()
        server.shutdown(deadline: 3)
    }

    /// What a program can hold the dataplane for is bounded, but not by us alone: its host may give it no CPU.
    private static let longestEnd: DispatchTimeInterval = .seconds(10)

    private var endpoints: [ServerConfiguration.Endpoint] {
        var tls: TLSIdentity?
        if let tlsCert, let tlsKey { tls = TLSIdentity(certificatePath: tlsCert, keyPath: tlsKey) }
        let addresses = listen.isEmpty && socket == nil ? ["127.0.0.1:8080"] : listen
        return addresses.compactMap { Self.address($0).map { .init($0, tls: tls) } }
            + [socket].compactMap { $0.map { .init(.unix(path: $0)) } }
    }

    /// `127.0.0.1:8080`, `[::1]:8080`, `localhost:0`.
    static func address(_ text: String) -> ListenAddress? {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("[") && host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        return host.isEmpty ? nil : .tcp(host: String(host), port: Int(port))
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
