import ArgumentParser

struct SwitchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "switch", abstract: "Make switches and attach programs to them.",
        subcommands: [List.self, Get.self, Put.self, Delete.self, Attach.self, Detach.self, FDB.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List switches.")
        @OptionGroup var options: ClientOptions

        func run() throws {
            let table = Table(.init("switch"), .init("program"), .init("ports"), .init("description"))
            try options.showList(Client.path("v1", "switches"), table) { item in
                [
                    item["name"].text, item["status"]["program"]["program"].text,
                    names(item["status"]["ports"], "name"), item["spec"]["description"].text,
                ]
            }
        }
    }

    struct Get: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a switch, its program and its ports.")
        @OptionGroup var options: ClientOptions
        @Argument var name: String

        func run() throws {
            try options.show(options.client.call("GET", Client.path("v1", "switches", name))) { reply in
                let status = reply["status"]
                var table = Table(.init("number", isNumber: true), .init("port"))
                for port in status["ports"].items { table.add(port["number"].text, port["name"].text) }
                let function = status["program"]["function"].string.map { " (\($0))" } ?? ""
                return "program: \(status["program"]["program"].text)\(function)\n\(table.text)"
            }
        }
    }

    struct Put: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create a switch.")
        @OptionGroup var options: ClientOptions
        @Argument var name: String
        @Option(help: "A text of your own.") var description: String?

        func run() throws {
            let spec = RequestBody.json(["description": description])
            try options.write("PUT", Client.path("v1", "switches", name), body: spec, done: "\(name) is there")
        }
    }

    struct Delete: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Delete a switch with its ports.")
        @OptionGroup var options: ClientOptions
        @Argument var name: String

        func run() throws {
            try options.write("DELETE", Client.path("v1", "switches", name), done: "\(name) is gone")
        }
    }

    struct Attach: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a program decide, in place of what was attached.")
        @OptionGroup var options: ClientOptions
        @Argument var name: String
        @Argument var program: String
        @Option(help: "The function, where the program has several.") var function: String?

        func run() throws {
            let spec = RequestBody.json(["program": program, "function": function])
            try options.write(
                "PUT", Client.path("v1", "switches", name, "program"), body: spec, done: "\(program) decides on \(name)"
            )
        }
    }

    struct Detach: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Leave a switch without a program: it drops all.")
        @OptionGroup var options: ClientOptions
        @Argument var name: String

        func run() throws {
            try options.write(
                "DELETE", Client.path("v1", "switches", name, "program"), done: "\(name) has no program")
        }
    }

    struct FDB: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "fdb", abstract: "Show the MAC addresses that a switch's program has learned.")
        @OptionGroup var options: ClientOptions
        @Argument var name: String

        func run() throws {
            let table = Table(.init("mac"), .init("port", isNumber: true), .init("name"), .init("vlan", isNumber: true))
            try options.showList(Client.path("v1", "switches", name, "fdb"), table) { entry in
                [entry["mac"].text, entry["port"].text, entry["portName"].text, entry["vlan"].text]
            }
        }
    }
}
