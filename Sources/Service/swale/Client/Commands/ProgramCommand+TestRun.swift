import ArgumentParser

extension ProgramCommand {
    struct TestRun: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run a loaded program on packets and show what it does, without a switch.",
            discussion: "Exit status: 0 done, 1 a run faulted or the service said no, 2 bad usage or unreadable input.")
        @OptionGroup var options: ClientOptions
        @Argument var program: String
        @Option(help: "The entry function, where there are several.") var function: String?
        @Option(help: "vale or xdp; by default what it was verified as.") var type: String?
        @Option(help: ArgumentHelp("Bytes of one frame, from the Ethernet header on.", valueName: "hex"))
        var packet: String?
        @Option(help: ArgumentHelp("A pcap or pcapng file; its frames run one after another.", valueName: "file"))
        var pcap: String?
        @Option(help: ArgumentHelp("Port number that the frames come in at.", valueName: "number"))
        var port: UInt8?
        @Option(name: .customLong("repeat"), help: "Runs of each frame.") var repetitions: Int?
        @Flag(help: "Run on the real maps rather than on copies.") var liveMaps = false
        @Option(help: ArgumentHelp("Show up to so many instructions as they run.", valueName: "count"))
        var trace: Int?

        func validate() throws {
            guard (packet == nil) != (pcap == nil) else {
                throw ValidationError("give --packet or --pcap, one of them")
            }
        }

        func run() throws {
            let path = Client.path(
                "v1", "programs", program, "test-run",
                query: [
                    ("function", function), ("type", type), ("port", port.map { "\($0)" }),
                    ("repeat", repetitions.map { "\($0)" }), ("maps", liveMaps ? "live" : nil),
                    ("trace", trace.map { "\($0)" }),
                ])
            let reply: [UInt8]
            if let pcap {
                let bytes = try InputFile.read(pcap)
                reply = try options.client.call("POST", path, body: bytes, type: "application/octet-stream")
            } else {
                guard let frame = Hex.bytes(packet ?? ""), !frame.isEmpty else {
                    throw Failure.badUsage("--packet is not hex")
                }
                reply = try options.client.call(
                    "POST", path, body: RequestBody.json(["packet": "0x" + Hex.text(frame)]))
            }
            try options.show(reply, Self.text)
            let packets = try Document(parsing: reply)["packets"].items
            if packets.contains(where: { !$0["fault"].isNull }) { throw ExitCode(ExitStatus.failed.rawValue) }
        }

        private static func instructions(_ packet: Document) -> Table {
            var table = Table(.init("index", isNumber: true), .init("instruction"), .init("changes"), .init("source"))
            for step in packet["instructions"].items {
                let changes = step["changes"].members.map { "\($0.name) = \($0.value.text)" }.joined(separator: ", ")
                table.add(step["index"].text, step["text"].text, changes, step["source"]["text"].text)
            }
            return table
        }

        static func text(_ reply: Document) -> String {
            var table = Table(
                .init("frame", isNumber: true), .init("bytes", isNumber: true), .init("runs", isNumber: true),
                .init("verdict"), .init("ns", isNumber: true))
            for (index, packet) in reply["packets"].items.enumerated() {
                let verdicts = packet["verdicts"].members
                let verdict = packet["fault"].string ?? packet["verdict"].text
                table.add(
                    String(index + 1), packet["length"].text, packet["runs"].text,
                    verdicts.count > 1 ? packet["verdicts"].countsText : verdict, packet["nanoseconds"].rounded)
            }
            var sections = [table.text]
            if reply["complete"].text == "false" { sections.append("time ran out before the last run") }
            var changes = Table(.init("map"), .init("key"), .init("before"), .init("after"))
            for change in reply["mapChanges"].items {
                changes.add(change["map"].text, change["key"].text, change["before"].text, change["after"].text)
            }
            if !changes.rows.isEmpty { sections.append(changes.text) }
            if reply["mapChangesComplete"].text == "false" { sections.append("these are not all changes of maps") }
            for (index, packet) in reply["packets"].items.enumerated() where !packet["instructions"].items.isEmpty {
                sections.append("frame \(index + 1)\n" + instructions(packet).text)
            }
            let lines = reply["trace"].items.map(\.text)
            if !lines.isEmpty { sections.append(lines.joined(separator: "\n")) }
            return sections.joined(separator: "\n\n")
        }
    }
}
