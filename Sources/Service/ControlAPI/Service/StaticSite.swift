import Foundation
import HTTP
import HTTPTypes

/// The files of a folder, for GET and HEAD: `/` is its index.html. Read anew for each request.
struct StaticSite: Sendable {
    /// Larger files are not served, in bytes.
    private static let sizeLimit = 16 << 20

    private static let contentTypes = [
        "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
        "mjs": "text/javascript; charset=utf-8", "svg": "image/svg+xml", "png": "image/png", "ico": "image/x-icon",
        "json": "application/json", "txt": "text/plain; charset=utf-8", "woff2": "font/woff2",
        "webmanifest": "application/manifest+json",
    ]

    private let root: String

    init(root: String) {
        self.root = URL(fileURLWithPath: root).resolvingSymlinksInPath().path
    }

    /// Nil where there is no such file.
    func response(to request: Request) -> Response? {
        var segments = request.pathSegments
        if segments.last == "" { segments.removeLast() }
        if segments.isEmpty { segments = ["index.html"] }
        // Hidden files are not for the world, and an encoded slash or NUL is no part of a name.
        guard segments.allSatisfy({ !$0.isEmpty && !$0.hasPrefix(".") && !$0.contains(where: { "/\0".contains($0) }) })
        else { return nil }
        let file = URL(fileURLWithPath: root + "/" + segments.joined(separator: "/")).resolvingSymlinksInPath()
        guard file.path.hasPrefix(root + "/"),
            let attributes = try? FileManager.default.attributesOfItem(atPath: file.path),
            attributes[.type] as? FileAttributeType == .typeRegular,
            let size = attributes[.size] as? Int, size <= Self.sizeLimit
        else { return nil }
        let contentType = Self.contentTypes[file.pathExtension.lowercased()] ?? "application/octet-stream"
        guard let content = StaticFile(path: file.path, contentType: contentType) else { return nil }
        var response = content.response(to: request)
        response.headers[.contentSecurityPolicy] = Self.policy
        response.headers[.referrerPolicy] = "no-referrer"
        return response
    }

    /// Everything from this service, nothing inline.
    static let policy = """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
        connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        """
}

extension HTTPField.Name {
    static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
}
