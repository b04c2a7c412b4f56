import HTTPTypes

/// Which hosts a request may name, and from which origins writes may come: a page of another site must not drive the
/// service through the browser of someone who can reach it.
struct SitePolicy: Sendable {
    private let names: Set<String>
    private let authorities: [Authority]

    init(allowedHosts: [String]) {
        let all = allowedHosts.compactMap { Authority(Array($0.utf8)[...]) }
        names = Set(all.filter { $0.port == nil }.map { $0.host })
        authorities = all.filter { $0.port != nil }
    }

    func check(_ head: RequestHead, _ connection: ConnectionInfo) throws(RequestError) {
        let scheme = connection.isTLS ? "https" : "http"
        if let other = head.target.scheme, other != scheme {
            throw .misdirected("the request target is of \(other), the connection of \(scheme)")
        }
        if case .tcp = connection.peer, let host = head.host { try checkHost(host, isTLS: connection.isTLS) }
        switch head.method {
        case .get, .head, .options: break
        default: try checkOrigin(head, scheme: scheme)
        }
    }

    private func checkHost(_ host: Authority, isTLS: Bool) throws(RequestError) {
        if names.contains(host.host) { return }
        let port = host.port(default: isTLS)
        if authorities.contains(where: { $0.host == host.host && $0.port == port }) { return }
        throw .misdirected("this is not a server for \(host.host)")
    }

    /// Same origin, or no browser.
    private func checkOrigin(_ head: RequestHead, scheme: String) throws(RequestError) {
        let site = head.fields[values: .secFetchSite].first?.lowercased()
        if let site, site != "same-origin" && site != "none" {
            throw .crossOrigin("a \(site) write")
        }
        let origins = head.fields[values: .origin]
        guard let origin = origins.first else { return }
        let bytes = Array(origin.lowercased().utf8)[...]
        let prefix = Array("\(scheme)://".utf8)
        guard origins.count == 1, bytes.starts(with: prefix), let authority = Authority(bytes.dropFirst(prefix.count)),
            let host = head.host, authority.host == host.host,
            authority.port(default: scheme == "https") == host.port(default: scheme == "https")
        else { throw .crossOrigin("a write from another origin") }
    }
}

extension HTTPField.Name {
    static let secFetchSite = HTTPField.Name("Sec-Fetch-Site")!
}
