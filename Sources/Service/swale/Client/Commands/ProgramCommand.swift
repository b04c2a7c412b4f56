import ArgumentParser

struct ProgramCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "program", abstract: "Load and inspect programs.",
        subcommands: [List.self, Get.self, Put.self, Delete.self, Disassemble.self, Log.self, Stats.self, TestRun.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List programs.")
        @OptionGroup var options: ClientOptions

        func run() throws {
            let table = Table(.init("program"), .init("functions"), .init("maps"), .init("attached to"))
            try options.showList(Client.path("v1", "programs"), table) { program in
                let status = program["status"]
                return [
                    program["name"].text, names(status["functions"], "name"), names(status["maps"], "symbol"),
                    names(status["attachments"], "switch"),
                ]
            }
        }
    }

    struct Get: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a program's functions.")
        @OptionGroup var options: ClientOptions
        @Argument var program: String

        func run() throws {
            try options.show(options.client.call("GET", Client.path("v1", "programs", program))) { reply in
                var table = Table(
                    .init("function"), .init("section"), .init("type"), .init("instructions", isNumber: true),
                    .init("verified as"))
                for function in reply["status"]["functions"].items {
                    table.add(
                        function["name"].text, function["section"].text, function["type"].text,
                        function["instructions"].text, names(function["verified"], "type"))
                }
                for function in reply["status"]["skipped"].items {
                    table.add(function["name"].text, function["section"].text, "skipped", "", "")
                }
                return table.text
            }
        }
    }

    struct Put: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Load an object or a filter under a name, or replace it wherever it is attached.")
        @OptionGroup var options: ClientOptions
        @Argument var program: String
        @Argument(help: "What clang -target bpf wrote; - is standard input.") var object: String?
        @Option(
            help: ArgumentHelp(
                "In place of an object: what frames are to match, as for tcpdump.", valueName: "expression"))
        var filter: String?
        @Option(help: "Of a filter: xdp (what matches passes, else it is dropped) or vale. (default: xdp)")
        var type: String?
        @Option(help: "Of a vale filter: the port for what matches, or 254, all of them. (default: 254)")
        var match: UInt8?
        @Option(
            name: .customLong("set"), parsing: .singleValue,
            help: ArgumentHelp("A 'const volatile' variable's value; may be repeated.", valueName: "name=value"))
        var constants: [String] = []
        @Option(
            parsing: .singleValue,
            help: ArgumentHelp("A map's size; may be repeated.", valueName: "map=entries"))
        var maxEntries: [String] = []
        @Option(
            parsing: .singleValue,
            help: ArgumentHelp(
                "A map that stands by itself, in place of the object's; may be repeated.", valueName: "map=name"))
        var use: [String] = []
        @Flag(help: "Check the object and change nothing.") var dryRun = false
        @Flag(help: "Where the verifier refuses it, show every step.") var log = false

        func validate() throws {
            guard (object == nil) != (filter == nil) else {
                throw ValidationError("give an object or --filter, one of them")
            }
            if filter == nil, type != nil || match != nil {
                throw ValidationError("--type and --match go with --filter")
            }
            if filter != nil, !(constants + maxEntries + use).isEmpty {
                throw ValidationError("--set, --max-entries and --use are for objects")
            }
        }

        func run() throws {
            let path = Client.path(
                "v1", "programs", program,
                query: [
                    ("dryRun", dryRun ? "true" : nil), ("log", log ? "true" : nil),
                ])
            let done = dryRun ? "\(program) would load" : "\(program) is loaded"
            if let filter {
                let body = RequestBody.json(["filter": filter, "type": type, "match": match])
                try options.write("PUT", path, body: body, done: done)
            } else if let object {
                try put(object, path, done)
            }
        }

        private func put(_ object: String, _ path: String, _ done: String) throws {
            var maps: [String: [String: Any]] = [:]
            for (name, value) in try pairs(maxEntries, "--max-entries") {
                guard let count = UInt32(value) else {
                    throw Failure.badUsage("--max-entries \(name)=\(value): not a number")
                }
                maps[name, default: [:]]["maxEntries"] = count
            }
            for (name, value) in try pairs(use, "--use") { maps[name, default: [:]]["use"] = value }
            var values: [String: Any] = [:]
            for (name, value) in try pairs(constants, "--set") { values[name] = RequestBody.value(value) }

            let bytes = try InputFile.read(object)
            if maps.isEmpty && values.isEmpty {
                try options.write("PUT", path, body: bytes, type: "application/octet-stream", done: done)
            } else {
                let form = MultipartForm(
                    parts: [
                        ("object", "application/octet-stream", bytes),
                        ("options", "application/json", RequestBody.json(["constants": values, "maps": maps])),
                    ])
                try options.write("PUT", path, body: form.body, type: form.type, done: done)
            }
        }

        private func pairs(_ texts: [String], _ option: String) throws(Failure) -> [(String, String)] {
            var pairs: [(String, String)] = []
            for text in texts {
                guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
                    throw .badUsage("\(option) \(text): expected NAME=VALUE")
                }
                pairs.append((String(text[..<equals]), String(text[text.index(after: equals)...])))
            }
            return pairs
        }
    }

    struct Delete: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Unload a program that is not attached.")
        @OptionGroup var options: ClientOptions
        @Argument var program: String

        func run() throws {
            try options.write("DELETE", Client.path("v1", "programs", program), done: "\(program) is gone")
        }
    }

    struct Disassemble: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a loaded program's instructions.")
        @OptionGroup var options: ClientOptions
        @Argument var program: String
        @Option(help: "The entry function, where there are several.") var function: String?

        func run() throws {
            let path = Client.path("v1", "programs", program, "disassembly", query: [("function", function)])
            let accept = options.json ? "application/json" : "text/plain"
            let text = try options.client.call("GET", path, headers: [("Accept", accept)])
            print(String(decoding: text, as: UTF8.self), terminator: text.last == 10 ? "" : "\n")
        }
    }

    struct Log: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Verify a loaded program again and show every step.")
        @OptionGroup var options: ClientOptions
        @Argument var program: String
        @Option(help: "The entry function, where there are several.") var function: String?
        @Option(help: "vale or xdp; by default what it was verified as.") var type: String?

        func run() throws {
            let path = Client.path(
                "v1", "programs", program, "verifier-log", query: [("function", function), ("type", type)])
            print(String(decoding: try options.client.call("GET", path), as: UTF8.self), terminator: "")
        }
    }

    struct Stats: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a program's runs and faults.")
        @OptionGroup var options: ClientOptions
        @Argument var program: String

        func run() throws {
            try options.show(options.client.call("GET", Client.path("v1", "programs", program, "stats"))) { reply in
                var table = Table(.init("function"), .init("runs", isNumber: true), .init("faults"))
                for function in reply["functions"].items {
                    table.add(function["name"].text, function["runs"].text, function["faults"].countsText)
                }
                return table.text
            }
        }
    }
}

/// One member of each item, in a row.
func names(_ list: Document, _ member: String) -> String {
    let names = list.items.map { $0[member].text }
    return names.isEmpty ? "-" : names.joined(separator: ", ")
}
