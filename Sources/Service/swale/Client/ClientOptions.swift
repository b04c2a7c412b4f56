import ArgumentParser
import Foundation

/// Options that every client command takes.
struct ClientOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where the service listens: http://HOST:PORT or unix:PATH.",
            discussion: "The environment variable SWALE_URL says it for good."))
    var url: String = ProcessInfo.processInfo.environment["SWALE_URL"] ?? "http://127.0.0.1:8080"

    @Flag(help: "Print the service's JSON rather than text for people.")
    var json = false

    func validate() throws {
        guard Endpoint(url) != nil else { throw ValidationError("'\(url)' is neither http://HOST:PORT nor unix:PATH") }
    }

    var client: Client { Client(endpoint: Endpoint(url)!) }

    /// Prints an answer: as it is with `--json`, else as `render` puts it.
    func show(_ body: [UInt8], _ render: (Document) -> String) throws(Failure) {
        if json {
            let text = String(decoding: body, as: UTF8.self)
            print(text, terminator: text.hasSuffix("\n") ? "" : "\n")
        } else {
            print(render(try Document(parsing: body)))
        }
    }

    /// Every item of a list, over all its pages.
    func list(_ path: String) throws(Failure) -> Pages {
        var pages = Pages()
        var cursor: String?
        repeat {
            let separator = path.contains("?") ? "&" : "?"
            let query = cursor.map { separator + "cursor=" + Client.encode($0) } ?? ""
            let page = try Document(parsing: try client.call("GET", path + query))
            pages.items += page["items"].items
            cursor = page["next"].string
        } while cursor != nil
        return pages
    }

    struct Pages {
        var items: [Document] = []
    }

    /// Prints a whole list: one JSON document with `--json`, else the table that `fill` puts together.
    func showList(_ path: String, _ table: Table, _ fill: (Document) -> [String]) throws(Failure) {
        let items = try list(path).items
        if json {
            print("{\"items\":[" + items.map(\.json).joined(separator: ",\n") + "]}")
        } else {
            var table = table
            table.rows = items.map(fill)
            print(table.text)
        }
    }

    /// A write without an answer worth a table: says what was done.
    func write(
        _ method: String, _ path: String, body: [UInt8]? = nil, type: String = "application/json",
        headers: [(name: String, value: String)] = [], done: String
    ) throws(Failure) {
        let reply = try client.call(method, path, body: body, type: type, headers: headers)
        if !json {
            print(done)
        } else if !reply.isEmpty {
            try show(reply) { $0.text }
        }
    }
}
