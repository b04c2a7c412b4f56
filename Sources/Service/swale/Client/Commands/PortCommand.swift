import ArgumentParser

struct PortCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "port", abstract: "Add and remove ports of a switch.",
        subcommands: [List.self, Get.self, Put.self, Delete.self, Up.self, Down.self])

    /// What every command on one port takes.
    struct Place: ParsableArguments {
        @Argument(help: "The switch.") var name: String
        @Argument(help: "The port.") var port: String

        var path: String { Client.path("v1", "switches", name, "ports", port) }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the ports of a switch.")
        @OptionGroup var options: ClientOptions
        @Argument(help: "The switch.") var name: String

        func run() throws {
            let table = Table(
                .init("port"), .init("number", isNumber: true), .init("interface"), .init("admin"), .init("link"),
                .init("mac"), .init("mtu", isNumber: true))
            try options.showList(Client.path("v1", "switches", name, "ports"), table) { port in
                let status = port["status"]
                return [
                    port["name"].text, status["number"].text, port["spec"]["interface"].text,
                    status["adminState"].text, status["operState"].text, status["mac"].text, status["mtu"].text,
                ]
            }
        }
    }

    struct Get: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a port.")
        @OptionGroup var options: ClientOptions
        @OptionGroup var place: Place

        func run() throws {
            try options.show(options.client.call("GET", place.path)) { reply in
                var table = Table(.init("attribute"), .init("value"))
                table.add("interface", reply["spec"]["interface"].text)
                for (name, value) in reply["status"].members { table.add(name, value.text) }
                return table.text
            }
        }
    }

    struct Put: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Add a port, or replace it.")
        @OptionGroup var options: ClientOptions
        @OptionGroup var place: Place
        @Option(help: "The Linux interface; by default the port's own name.") var interface: String?
        @Option(help: "What programs call the port, 0 to 253; by default the lowest free number.") var number: UInt8?
        @Flag(help: "Leave the port administratively down.") var down = false
        @Option(
            help: ArgumentHelp(
                "An XDP program that the port's frames go through before the switch: PROGRAM, PROGRAM:FUNCTION, with "
                    + "@PRIORITY behind it. May be given more than once.", valueName: "program"))
        var xdp: [XDPArgument] = []
        @Flag(help: "Time the runs of XDP programs.") var xdpTiming = false

        func run() throws {
            let spec = RequestBody.json([
                "interface": interface, "number": number, "adminState": down ? "down" : nil,
                "xdp": xdp.isEmpty ? nil : xdp.map(\.spec), "xdpTiming": xdpTiming ? true : nil,
            ])
            try options.write("PUT", place.path, body: spec, done: "\(place.port) is a port of \(place.name)")
        }
    }

    struct Delete: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove a port.")
        @OptionGroup var options: ClientOptions
        @OptionGroup var place: Place

        func run() throws {
            try options.write("DELETE", place.path, done: "\(place.port) is gone")
        }
    }

    struct Up: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a port carry frames.")
        @OptionGroup var options: ClientOptions
        @OptionGroup var place: Place

        func run() throws {
            try setState("up", options, place)
        }
    }

    struct Down: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a port drop its frames.")
        @OptionGroup var options: ClientOptions
        @OptionGroup var place: Place

        func run() throws {
            try setState("down", options, place)
        }
    }

    private static func setState(_ state: String, _ options: ClientOptions, _ place: Place) throws(Failure) {
        try options.write(
            "PATCH", place.path, body: RequestBody.json(["adminState": state]), type: "application/merge-patch+json",
            done: "\(place.port) is \(state)")
    }
}
