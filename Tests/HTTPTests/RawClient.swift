import CLinux
import Foundation
import Glibc

@testable import HTTP

/// A blocking client that sends bytes as they are. One thread may send while another reads.
final class RawClient: @unchecked Sendable {
    struct Failure: Error {
        var call: String
        var code: Int32
    }

    let descriptor: Int32
    private(set) var received: [UInt8] = []

    init(port: Int, host: String = "127.0.0.1", receiveBuffer: Int32? = nil) throws {
        let address = SocketAddress(host: host, port: UInt16(port))!
        descriptor = socket(address.family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        if var size = receiveBuffer { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, 4) }
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
        guard address.withSockaddr({ Glibc.connect(descriptor, $0, $1) }) == 0 else {
            throw Failure(call: "connect", code: errno)
        }
    }

    init(unixPath: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var raw = sockaddr_un()
        raw.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &raw.sun_path) { $0.copyBytes(from: Array(unixPath.utf8)) }
        let descriptor = descriptor
        let result = withUnsafeBytes(of: &raw) { SocketAddress.call($0) { Glibc.connect(descriptor, $0, $1) } }
        guard result == 0 else { throw Failure(call: "connect", code: errno) }
    }

    deinit {
        close(descriptor)
    }

    func send(_ text: String) throws {
        try send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(call: "send", code: errno) }
            sent += count
        }
    }

    func finishSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Closes with RST in place of FIN.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
    }

    /// One read into `received`. False at the end, on an error, and when nothing came in time.
    @discardableResult
    func readSome(seconds: Double = 5, limit: Int = 65536) -> Bool {
        var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&poller, 1, Int32(seconds * 1000)) > 0 else { return false }
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = recv(descriptor, &buffer, limit, 0)
        guard count > 0 else { return false }
        received += buffer[..<count]
        return true
    }

    func readToEnd(seconds: Double = 30) -> String {
        let deadline = Date().addingTimeInterval(seconds)
        while readSome(seconds: max(0, deadline.timeIntervalSinceNow)) {}
        return text
    }

    var text: String { String(decoding: received, as: UTF8.self) }

    /// True when the server has closed the connection.
    func isClosed(within seconds: Double) -> Bool {
        var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let deadline = Date().addingTimeInterval(seconds)
        while poll(&poller, 1, Int32(max(0, deadline.timeIntervalSinceNow) * 1000)) > 0 {
            var buffer = [UInt8](repeating: 0, count: 65536)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count <= 0 { return true }
            received += buffer[..<count]
        }
        return false
    }

    /// Reads one answer with a Content-Length, or none where `isHead`.
    func readAnswer(isHead: Bool = false, seconds: Double = 30) -> (status: Int, head: String, body: [UInt8])? {
        let deadline = Date().addingTimeInterval(seconds)
        while true {
            if let answer = takeAnswer(isHead: isHead) { return answer }
            guard readSome(seconds: max(0, deadline.timeIntervalSinceNow)) else { return nil }
        }
    }

    private func takeAnswer(isHead: Bool) -> (status: Int, head: String, body: [UInt8])? {
        guard let end = received.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let head = String(decoding: received[..<end.lowerBound], as: UTF8.self)
        let status = Int(head.dropFirst(9).prefix(3)) ?? 0
        var length = 0
        for line in head.split(separator: "\r\n") where line.lowercased().hasPrefix("content-length:") {
            length = Int(line.dropFirst(15).trimmingOWS()) ?? 0
        }
        if isHead || status < 200 { length = 0 }
        guard received.count >= end.upperBound + length else { return nil }
        let body = Array(received[end.upperBound..<end.upperBound + length])
        received.removeFirst(end.upperBound + length)
        return (status, head, body)
    }
}
