import Foundation
import Glibc

/// A blocking client on a TCP socket.
final class Connection {
    let descriptor: Int32

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
        let descriptor = descriptor
        let result = withUnsafeBytes(of: &address) { raw in
            Glibc.connect(descriptor, raw.assumingMemoryBound(to: sockaddr.self).baseAddress!, UInt32(raw.count))
        }
        guard result == 0 else { throw Fixture.Failure(description: "connect: errno \(errno)") }
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Fixture.Failure(description: "send: errno \(errno)") }
            sent += count
        }
    }

    /// What comes within the time; empty at the end.
    func read(seconds: Double = 20) -> [UInt8] {
        var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&poller, 1, Int32(seconds * 1000)) > 0 else { return [] }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count > 0 ? Array(buffer[..<count]) : []
    }

    func readToEnd() -> [UInt8] {
        var all: [UInt8] = []
        while case let part = read(), !part.isEmpty { all += part }
        return all
    }
}

/// An answer of the server.
struct Reply {
    var status: Int
    /// By lower-case name.
    var headers: [String: String] = [:]
    var body: [UInt8]

    init(_ bytes: [UInt8]) throws {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else {
            throw Fixture.Failure(description: "no answer: \(String(decoding: bytes, as: UTF8.self))")
        }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        status = Int(lines[0].split(separator: " ")[1]) ?? 0
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(
                in: .whitespaces)
        }
        body = Array(bytes[end.upperBound...])
        if headers["transfer-encoding"] == "chunked" { body = Self.joined(body) }
    }

    private static func joined(_ bytes: [UInt8]) -> [UInt8] {
        var rest = bytes[...]
        var body: [UInt8] = []
        while let line = rest.firstRange(of: Array("\r\n".utf8)),
            let size = Int(String(decoding: rest[rest.startIndex..<line.lowerBound], as: UTF8.self), radix: 16),
            size > 0
        {
            body += rest[line.upperBound..<line.upperBound + size]
            rest = rest[(line.upperBound + size + 2)...]
        }
        return body
    }

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The value at a path such as `status.functions.0.name`, as a string, number, array or dictionary.
    subscript(path: String) -> Any? {
        var value: Any? = try? JSONSerialization.jsonObject(with: Data(body), options: [.fragmentsAllowed])
        for step in path.split(separator: ".") where !path.isEmpty {
            if let index = Int(step), let items = value as? [Any] {
                value = items.indices.contains(index) ? items[index] : nil
            } else {
                value = (value as? [String: Any])?[String(step)]
            }
        }
        return value is NSNull ? nil : value
    }

    func string(_ path: String) -> String? { self[path] as? String }
    func int(_ path: String) -> Int? { self[path] as? Int }
    func count(_ path: String) -> Int? { (self[path] as? [Any])?.count }

    /// The end of `type` of a problem document.
    var problem: String? {
        guard headers["content-type"] == "application/problem+json" else { return nil }
        return string("type")?.replacingOccurrences(of: "urn:swale:problem:", with: "")
    }
}
