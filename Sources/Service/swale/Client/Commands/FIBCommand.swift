import ArgumentParser

struct FIBCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fib", abstract: "Routes, neighbours and interfaces for bpf_fib_lookup and bpf_check_mtu.",
        subcommands: [Show.self, Source.self, Table.self, RouteCommand.self, NeighbourCommand.self])

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show where the table comes from and how long it is.")
        @OptionGroup var options: ClientOptions

        func run() throws {
            try options.show(options.client.call("GET", Client.path("v1", "fib"))) { reply in
                var table = swale.Table(.init("attribute"), .init("value"))
                for part in ["spec", "status"] {
                    for (name, value) in reply[part].members { table.add(name, value.text) }
                }
                return table.text
            }
        }
    }

    struct Source: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take the host's routes and neighbours besides what is declared, or leave them.")
        @OptionGroup var options: ClientOptions
        @Argument(help: "host or api.") var source: String
        @Option(help: ArgumentHelp("Read the host's tables again and again.", valueName: "seconds")) var refresh: Int?

        func run() throws {
            let body = RequestBody.json(["source": source, "refreshSeconds": refresh])
            try options.write("PUT", Client.path("v1", "fib"), body: body, done: "the table is up to date")
        }
    }

    struct Table: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show what programs see.")
        @OptionGroup var options: ClientOptions

        func run() throws {
            let path = Client.path("v1", "fib", "table", query: [("limit", "1000")])
            let table = swale.Table(
                .init("type"), .init("ifindex", isNumber: true), .init("address"), .init("via"), .init("more"))
            try options.showList(path, table) { item in
                let entry = item["entry"]
                let address = [entry["prefix"], entry["address"], entry["mac"]].first { !$0.isNull }?.text ?? "-"
                let via = item["type"].text == "neighbour" ? entry["mac"] : entry["gateway"]
                let more = entry.members.filter { ["kind", "metric", "mtu", "source"].contains($0.name) }
                return [
                    item["type"].text, item["ifindex"].text, address, via.text,
                    more.map { "\($0.name) \($0.value.text)" }.joined(separator: ", "),
                ]
            }
        }
    }
}

/// What is declared one by one, under a name.
struct RouteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "route", abstract: "Declare routes.", subcommands: [Put.self, Delete.self])

    struct Put: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Declare a route, or change it.")
        @OptionGroup var options: ClientOptions
        @OptionGroup var egress: EgressOptions
        @Argument var name: String
        @Argument(help: "192.0.2.0/24 or 2001:db8::/32.") var prefix: String
        @Option(help: ArgumentHelp("The next router.", valueName: "address")) var via: String?
        @Option(help: "unicast, local, blackhole, unreachable, prohibit or throw.") var kind: String?
        @Option(help: "Of routes to one prefix the lowest is taken.") var metric: Int?
        @Option(help: ArgumentHelp("The longest packet.", valueName: "bytes")) var mtu: Int?
        @Option(help: ArgumentHelp("Where packets of the host's own come from.", valueName: "address"))
        var source: String?

        func run() throws {
            let members: [String: Any?] = [
                "prefix": prefix, "gateway": via, "kind": kind, "metric": metric, "mtu": mtu, "source": source,
            ]
            let body = RequestBody.json(members.merging(egress.members) { $1 })
            try options.write("PUT", Client.path("v1", "fib", "routes", name), body: body, done: "\(name) is there")
        }
    }

    struct Delete: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Delete a route that was declared.")
        @OptionGroup var options: ClientOptions
        @Argument var name: String

        func run() throws {
            try options.write("DELETE", Client.path("v1", "fib", "routes", name), done: "\(name) is gone")
        }
    }
}

struct NeighbourCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "neighbour", abstract: "Declare neighbours.", subcommands: [Put.self, Delete.self])

    struct Put: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Declare a neighbour, or change it.")
        @OptionGroup var options: ClientOptions
        @OptionGroup var egress: EgressOptions
        @Argument var name: String
        @Argument var address: String
        @Argument var mac: String

        func run() throws {
            let members: [String: Any?] = ["address": address, "mac": mac]
            let body = RequestBody.json(members.merging(egress.members) { $1 })
            try options.write("PUT", Client.path("v1", "fib", "neighbours", name), body: body, done: "\(name) is there")
        }
    }

    struct Delete: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Delete a neighbour that was declared.")
        @OptionGroup var options: ClientOptions
        @Argument var name: String

        func run() throws {
            try options.write("DELETE", Client.path("v1", "fib", "neighbours", name), done: "\(name) is gone")
        }
    }
}

/// The interface that packets leave by.
struct EgressOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A port of a switch.", valueName: "switch/port")) var port: String?
    @Option(help: ArgumentHelp("An interface of the host.", valueName: "name")) var interface: String?

    var members: [String: Any?] { ["port": port, "interface": interface] }
}
