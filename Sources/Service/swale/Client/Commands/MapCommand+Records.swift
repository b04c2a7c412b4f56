import ArgumentParser

extension MapCommand {
    struct Records: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the records of a ring buffer or an array of perf events, as they come.")
        @OptionGroup var options: ClientOptions
        @Argument var map: String
        @Option(help: ArgumentHelp("A type of the program that records begin with.", valueName: "name"))
        var type: String?
        @Option(help: ArgumentHelp("End after so many records.", valueName: "count")) var limit: Int?

        func run() throws {
            let query: [(name: String, value: String?)] = [("type", type), ("limit", limit.map { String($0) })]
            try options.follow(Client.path("v1", "maps", map, "records", query: query), limit: limit) { event, data in
                if event.name == "lost" { return "(\(data["lost"].text) records were lost)" }
                let packet = data["packet"].isNull ? "" : "  packet \(data["packet"].text)"
                return (data["value"].isNull ? data["hex"].text : data["value"].text) + packet
            }
        }
    }

    struct Push: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Push a value to a queue or a stack, or add it to a Bloom filter.")
        @OptionGroup var options: ClientOptions
        @Argument var map: String
        @Argument var value: String
        @Flag(help: "Bytes rather than a typed value.") var hex = false

        func run() throws {
            let body = RequestBody.json(["value": RequestBody.value(value)])
            try options.write("POST", valuePath(map, "push", hex: hex), body: body, done: "done")
        }
    }

    struct Pop: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take the value whose turn it is out of a queue or a stack.")
        @OptionGroup var options: ClientOptions
        @Argument var map: String
        @Flag(help: "Bytes rather than a typed value.") var hex = false

        func run() throws {
            try options.show(options.client.call("POST", valuePath(map, "pop", hex: hex))) { $0["value"].text }
        }
    }

    struct Peek: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the value whose turn it is in a queue or a stack.")
        @OptionGroup var options: ClientOptions
        @Argument var map: String
        @Flag(help: "Bytes rather than a typed value.") var hex = false

        func run() throws {
            try options.show(options.client.call("GET", valuePath(map, "peek", hex: hex))) { $0["value"].text }
        }
    }

    private static func valuePath(_ map: String, _ operation: String, hex: Bool) -> String {
        Client.path("v1", "maps", map, operation, query: [("format", hex ? "hex" : nil)])
    }
}
