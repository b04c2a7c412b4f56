import ArgumentParser

struct MapCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "map", abstract: "Read and write maps.",
        discussion: """
            Keys and values are JSON where the map has type information: 7, '{"mac": "02:00:00:00:00:01"}'. With --hex,
            and where the map has none, they are 0x and the bytes in memory order.
            """,
        subcommands: [
            List.self, Get.self, Create.self, Delete.self, Dump.self, Lookup.self, Update.self, Remove.self,
            Records.self, Push.self, Pop.self, Peek.self,
        ])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List maps.")
        @OptionGroup var options: ClientOptions

        func run() throws {
            let table = Table(
                .init("map"), .init("type"), .init("key", isNumber: true), .init("value", isNumber: true),
                .init("entries", isNumber: true), .init("of", isNumber: true))
            try options.showList(Client.path("v1", "maps"), table) { map in
                let spec = map["spec"]
                return [
                    map["name"].text, spec["type"].text, spec["keySize"].text, spec["valueSize"].text,
                    map["status"]["entries"].text, spec["maxEntries"].text,
                ]
            }
        }
    }

    struct Get: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a map's attributes and state.")
        @OptionGroup var options: ClientOptions
        @Argument var map: String

        func run() throws {
            try options.show(options.client.call("GET", Client.path("v1", "maps", map))) { reply in
                var table = Table(.init("attribute"), .init("value"))
                for (name, value) in reply["spec"].members { table.add(name, value.text) }
                for (name, value) in reply["status"].members where name != "schema" { table.add(name, value.text) }
                table.add("key type", reply["status"]["schema"]["key"]["name"].text)
                table.add("value type", reply["status"]["schema"]["value"]["name"].text)
                return table.text
            }
        }
    }

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create a map that stands by itself.")
        @OptionGroup var options: ClientOptions
        @Argument var map: String
        @Option(help: "hash, array, lpm_trie, queue, ringbuf, ... as bpftool writes it.") var type: String
        @Option(help: ArgumentHelp("Size of a key.", valueName: "bytes")) var keySize = 0
        @Option(help: ArgumentHelp("Size of a value.", valueName: "bytes")) var valueSize = 0
        @Option(help: ArgumentHelp("The most entries.", valueName: "count")) var maxEntries: Int

        func run() throws {
            let spec = RequestBody.json([
                "type": type, "keySize": keySize, "valueSize": valueSize, "maxEntries": maxEntries,
            ])
            try options.write("PUT", Client.path("v1", "maps", map), body: spec, done: "\(map) is there")
        }
    }

    struct Delete: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Delete a map that stands by itself.")
        @OptionGroup var options: ClientOptions
        @Argument var map: String

        func run() throws {
            try options.write("DELETE", Client.path("v1", "maps", map), done: "\(map) is gone")
        }
    }

    struct EntryOptions: ParsableArguments {
        @Flag(help: "Bytes rather than typed values.") var hex = false
        @Flag(help: "One value for each entry of a per-CPU map: the sum over the workers.") var sum = false

        var query: [(name: String, value: String?)] { [("format", hex ? "hex" : nil), ("percpu", sum ? "sum" : nil)] }
    }

    struct Dump: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show every entry of a map.")
        @OptionGroup var options: ClientOptions
        @OptionGroup var entryOptions: EntryOptions
        @Argument var map: String

        func run() throws {
            let query = entryOptions.query + [("limit", "1000")]
            let path = Client.path("v1", "maps", map, "entries", query: query)
            try options.showList(path, Table(.init("key"), .init("value"))) { [$0["key"].text, $0["value"].text] }
        }
    }

    struct Lookup: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show the entry of a key.")
        @OptionGroup var options: ClientOptions
        @OptionGroup var entryOptions: EntryOptions
        @Argument var map: String
        @Argument var key: String

        func run() throws {
            let path = Client.path("v1", "maps", map, "lookup", query: entryOptions.query)
            let body = RequestBody.json(["key": RequestBody.value(key)])
            try options.show(options.client.call("POST", path, body: body)) { $0["value"].text }
        }
    }

    struct Update: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Write an entry.")
        @OptionGroup var options: ClientOptions
        @Argument var map: String
        @Argument var key: String
        @Argument var value: String
        @Flag(help: "Bytes rather than typed values.") var hex = false
        @Option(help: "any, noexist or exist: BPF_ANY, BPF_NOEXIST, BPF_EXIST.") var mode = "any"

        func validate() throws {
            guard ["any", "noexist", "exist"].contains(mode) else {
                throw ValidationError("--mode is any, noexist or exist")
            }
        }

        func run() throws {
            try batch(
                options, map, hex: hex,
                ["op": "put", "key": RequestBody.value(key), "value": RequestBody.value(value), "mode": mode])
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Delete the entry of a key.")
        @OptionGroup var options: ClientOptions
        @Argument var map: String
        @Argument var key: String
        @Flag(help: "Bytes rather than a typed key.") var hex = false

        func run() throws {
            try batch(options, map, hex: hex, ["op": "delete", "key": RequestBody.value(key)])
        }
    }

    /// One operation, as a batch: its key may be typed, which a URL's can't.
    private static func batch(
        _ options: ClientOptions, _ map: String, hex: Bool, _ operation: [String: Any]
    ) throws(Failure) {
        let path = Client.path("v1", "maps", map, "batch", query: [("format", hex ? "hex" : nil)])
        let reply = try options.client.call("POST", path, body: RequestBody.json(["operations": [operation]]))
        let result = try Document(parsing: reply)["results"].items.first ?? Document(nil)
        if options.json { print(String(decoding: reply, as: UTF8.self)) }
        guard (200..<300).contains(result["status"].count ?? 500) else { throw .failed(result["detail"].text) }
        if !options.json { print("done") }
    }
}
