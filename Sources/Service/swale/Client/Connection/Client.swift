import Foundation
import Verifier

/// A blocking HTTP/1.1 client, one connection a request, over TCP or a unix socket (which URLSession can't do).
struct Client {
    var endpoint: Endpoint

    struct Reply {
        var status: Int
        var body: [UInt8]
    }

    /// Path segments are percent-encoded here.
    static func path(_ segments: String..., query: [(name: String, value: String?)] = []) -> String {
        let path = segments.map { "/" + encode($0) }.joined()
        let pairs = query.compactMap { item in item.value.map { "\(encode(item.name))=\(encode($0))" } }
        return pairs.isEmpty ? path : path + "?" + pairs.joined(separator: "&")
    }

    static func encode(_ text: String) -> String {
        let unreserved = CharacterSet(
            charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
        return text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? text
    }

    /// What the service answers, whatever it is.
    func send(
        _ method: String, _ path: String, body: [UInt8]? = nil, type: String = "application/json",
        headers: [(name: String, value: String)] = []
    ) throws(Failure) -> Reply {
        let (connection, unsent) = try request(method, path, body: body, type: type, headers: headers)
        defer { connection.close() }
        let reply = try ReplyParser.parse(try connection.readAll())
        guard let reply else { throw .failed("the service closed the connection\(unsent ? " early" : "")") }
        return reply
    }

    /// A connection of its own, on which the request was written. A service that refuses it may answer before it has read
    /// all of it, and the reply counts: so `unsent` bytes are no failure.
    func request(
        _ method: String, _ path: String, body: [UInt8]? = nil, type: String = "application/json",
        headers: [(name: String, value: String)] = []
    ) throws(Failure) -> (connection: Connection, unsent: Bool) {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: \(endpoint.authority)\r\nConnection: close\r\n"
        head += "User-Agent: swale/\(swaleVersion)\r\n"
        for header in headers { head += "\(header.name): \(header.value)\r\n" }
        if let body { head += "Content-Type: \(type)\r\nContent-Length: \(body.count)\r\n" }
        let connection = try Connection(to: endpoint)
        return (connection, connection.write(Array((head + "\r\n").utf8) + (body ?? [])))
    }

    /// The body of a reply that says yes; a problem document becomes the failure's text.
    @discardableResult
    func call(
        _ method: String, _ path: String, body: [UInt8]? = nil, type: String = "application/json",
        headers: [(name: String, value: String)] = []
    ) throws(Failure) -> [UInt8] {
        let reply = try send(method, path, body: body, type: type, headers: headers)
        guard (200..<300).contains(reply.status) else { throw .failed(Problem.text(reply)) }
        return reply.body
    }
}

/// RFC 9457 problem documents, as a line for a person; a rejection takes more of them.
enum Problem {
    private struct Document: Decodable {
        var title: String?
        var detail: String?
        var rejection: Rejection?
        var log: String?
    }

    static func text(_ reply: Client.Reply) -> String {
        let document = try? JSONDecoder().decode(Document.self, from: Data(reply.body))
        if let title = document?.title, let rejection = document?.rejection {
            let log = document?.log.map { RejectionText.printable($0, ofLines: true) + "\n" } ?? ""
            return "\(title)\n\(log)\(RejectionText(rejection).text)"
        }
        let parts = [document?.title, document?.detail].compactMap { $0 }
        return parts.isEmpty ? "the service answered \(reply.status)" : parts.joined(separator: ": ")
    }
}
