import Foundation

/// Where the service listens: `http://HOST:PORT` or `unix:PATH`.
enum Endpoint: Equatable {
    case tcp(host: String, port: UInt16)
    case unix(path: String)

    init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = text.dropFirst("unix:".count)
            guard !path.isEmpty else { return nil }
            self = .unix(path: String(path))
            return
        }
        guard let url = URLComponents(string: text), url.scheme == "http", let host = url.host, !host.isEmpty,
            ["", "/"].contains(url.path), url.query == nil, let port = UInt16(exactly: url.port ?? 80)
        else { return nil }
        // URLComponents keeps the brackets of an IPv6 address.
        self = .tcp(host: host.trimmingCharacters(in: CharacterSet(charactersIn: "[]")), port: port)
    }

    /// What the `Host` field says.
    var authority: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix: "localhost"
        }
    }
}
