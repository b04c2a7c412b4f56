import ArgumentParser
import Foundation
import Switching
import Synchronization

struct CaptureCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capture", abstract: "Capture frames of a switch as pcapng, until a limit, a signal or its end.",
        discussion: """
            Writes to standard output, for tcpdump -r - or wireshark -k -i -, unless --write names a file. What became of
            each frame is in its comment.
            """)
    @OptionGroup var options: ClientOptions
    @Argument(help: "The switch.") var name: String
    @Option(help: "A port; may be given more than once. All of them if left out.") var port: [String] = []
    @Option(help: "in, out or both: frames that come in at the ports, or go out.")
    var direction: TapOptions.Direction = .both
    @Option(help: "any, forwarded or dropped.") var outcome: TapOptions.Outcome = .any
    @Option(help: ArgumentHelp("An expression of pcap-filter(7).", valueName: "expression")) var filter: String?
    @Option(help: "Bytes of a frame that are kept, at most.") var snaplen: Int?
    @Option(help: "End after so many packets.") var packets: UInt64?
    @Option(help: "End when the capture has so many bytes; 1 GiB by default.") var bytes: UInt64?
    @Option(help: "End after so many seconds.") var seconds: UInt64?
    @Option(help: ArgumentHelp("A file for the packets.", valueName: "file")) var write: String?

    func run() throws {
        let output = try CaptureOutput(path: write)
        let signals = TerminationSignals()
        let capture = RemoteCapture(
            client: options.client, name: "cli-\(getpid())-\(String(UInt32.random(in: 0 ... .max), radix: 36))")
        let spec = RequestBody.json([
            "switch": name, "ports": port.isEmpty ? nil : port, "direction": direction.rawValue,
            "outcome": outcome.rawValue, "filter": filter, "snaplen": snaplen, "packets": packets, "bytes": bytes,
            "seconds": seconds, "lingerSeconds": 10,
        ])
        try capture.begin(spec)
        Thread.detachNewThread {
            _ = signals.wait()
            // Ends the stream too, with all that was captured.
            capture.finish()
            // Who can't wait for it says so again.
            _ = signals.wait()
            _exit(ExitStatus.failed.rawValue)
        }
        let result = Result { () throws(Failure) in try capture.follow(to: output) }
        capture.finish()
        try result.get()
        printError(capture.summary ?? "the service ended the capture; all that it had is written")
    }
}

extension TapOptions.Direction: ExpressibleByArgument {}
extension TapOptions.Outcome: ExpressibleByArgument {}

/// Where the packets go.
struct CaptureOutput {
    let descriptor: Int32

    init(path: String?) throws(Failure) {
        guard let path else {
            guard isatty(STDOUT_FILENO) == 0 else {
                throw .badUsage("packets are not for a terminal: pipe them into a program, or name a file with --write")
            }
            descriptor = STDOUT_FILENO
            return
        }
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .system(path) }
    }

    /// False: nobody reads on.
    func write(_ bytes: ArraySlice<UInt8>) throws(Failure) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EPIPE {
                return false
            } else if errno != EINTR {
                throw .system("writing the packets", .failed)
            }
        }
        return true
    }
}

/// A capture of the service's that this process made, and takes away again.
final class RemoteCapture: Sendable {
    private let client: Client
    private let path: String
    private let pcapng: String
    /// What it came to.
    private let end = Mutex<(isReached: Bool, summary: String?)>((false, nil))

    init(client: Client, name: String) {
        self.client = client
        path = Client.path("v1", "captures", name)
        pcapng = Client.path("v1", "captures", name, "pcapng", query: [("follow", "true")])
    }

    func begin(_ spec: [UInt8]) throws(Failure) { try client.call("PUT", path, body: spec) }

    /// Returns when the capture has ended, or nobody reads the output any more.
    func follow(to output: CaptureOutput) throws(Failure) {
        try client.stream(pcapng, watching: output.descriptor) { bytes throws(Failure) in try output.write(bytes) }
    }

    /// Takes it away; later calls do nothing.
    func finish() {
        end.withLock { end in
            guard !end.isReached else { return }
            end.isReached = true
            if let reply = try? client.call("GET", path), let status = try? Document(parsing: reply)["status"] {
                let failure = status["error"].string.map { "; ended early: \($0)" } ?? ""
                end.summary = "\(status["packets"].text) packets, \(status["lost"].text) lost\(failure)"
            }
            _ = try? client.send("DELETE", path)
        }
    }

    var summary: String? { end.withLock { $0.summary } }
}
