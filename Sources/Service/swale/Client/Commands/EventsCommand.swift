import ArgumentParser

struct EventsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Print what happens, as it happens.",
        discussion: "With --json a line for each event, the stats of switches and ports among them.")
    @OptionGroup var options: ClientOptions
    @Option(help: ArgumentHelp("Which events: lifecycle, trace, stats, with commas.", valueName: "types"))
    var types = "lifecycle,trace"
    @Option(help: ArgumentHelp("End after so many events.", valueName: "count")) var limit: Int?

    func run() throws {
        let query: [(name: String, value: String?)] = [("types", types), ("limit", limit.map { String($0) })]
        try options.follow(Client.path("v1", "events", query: query), limit: limit) { event, data in
            switch event.name {
            case "lifecycle": "\(data["time"].text)  \(data["kind"].text) \(data["name"].text) \(data["action"].text)"
            case "trace": TraceCommand.text(data)
            default: "\(event.name) \(event.data)"
            }
        }
    }
}

struct TraceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace", abstract: "Print the lines that programs write with bpf_printk, as they come.")
    @OptionGroup var options: ClientOptions
    @Option(help: ArgumentHelp("End after so many lines.", valueName: "count")) var limit: Int?

    func run() throws {
        let query: [(name: String, value: String?)] = [("types", "trace"), ("limit", limit.map { String($0) })]
        try options.follow(Client.path("v1", "events", query: query), limit: limit) { _, data in Self.text(data) }
    }

    static func text(_ data: Document) -> String {
        let lost = data["lost"].count ?? 0
        return (lost > 0 ? "(\(lost) lines were lost)\n" : "")
            + "\(data["time"].text)  worker \(data["worker"].text)  \(data["line"].text)"
    }
}
