import ArgumentParser

struct StatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Show the counters of switches and ports.")
    @OptionGroup var options: ClientOptions
    @Argument(help: "A switch; all of them if left out.") var name: String?

    func run() throws {
        let path = name.map { Client.path("v1", "switches", $0, "stats") } ?? Client.path("v1", "stats")
        try options.show(options.client.call("GET", path)) { reply in
            var table = Table(
                .init("switch"), .init("port"), .init("link"), .init("rx frames", isNumber: true),
                .init("rx bytes", isNumber: true), .init("tx frames", isNumber: true),
                .init("tx bytes", isNumber: true),
                .init("drops"))
            for item in name == nil ? reply["switches"].items : [reply] {
                for port in item["ports"].items {
                    table.add(
                        item["name"].text, port["name"].text, port["operState"].text, port["rxFrames"].text,
                        port["rxBytes"].text, port["txFrames"].text, port["txBytes"].text, port["drops"].countsText)
                }
            }
            return table.text
        }
    }
}

struct DropsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drops", abstract: "Show drops by reason, and the ledger that they balance.")
    @OptionGroup var options: ClientOptions

    func run() throws {
        try options.show(options.client.call("GET", Client.path("v1", "drops"))) { reply in
            let reasons = Dictionary(
                reply["reasons"].items.map { ($0["name"].text, $0["description"].text) }, uniquingKeysWith: { $1 })
            return reply["switches"].items.map { item in
                let ledger = item["ledger"]
                var table = Table(.init("reason"), .init("frames", isNumber: true), .init("meaning"))
                for (name, count) in ledger["drops"].members where count.count != 0 {
                    table.add(name, count.text, reasons[name] ?? "")
                }
                let balance = """
                    \(item["name"].text): \(ledger["received"].text) received + \(ledger["generated"].text) generated = \
                    \(ledger["transmitted"].text) transmitted + \(ledger["dropped"].text) dropped
                    """
                return table.rows.isEmpty ? balance : balance + "\n" + table.text
            }.joined(separator: "\n\n")
        }
    }
}
