import Foundation
import HTTPTypes

/// One file and its validators, RFC 9110 section 8.8.
struct StaticFile: Sendable {
    let content: [UInt8]
    let mediaType: String
    /// A strong entity tag: the content's digest.
    let etag: String
    let modified: Date
    private let lastModified: String

    init(name: String, content: [UInt8], modified: Date) {
        self.content = content
        mediaType = MediaType.of(name)
        etag = EntityTag.of(content)
        self.modified = Date(timeIntervalSince1970: modified.timeIntervalSince1970.rounded(.down))
        lastModified = HTTPDate.format(modified)
    }

    func response(to request: Request, headers: HTTPFields) -> Response {
        var fields = headers
        fields[.eTag] = etag
        fields[.lastModified] = lastModified
        if !fields.contains(.cacheControl) { fields[.cacheControl] = "no-cache" }
        if isFresh(request.headers) { return Response(status: .notModified, headers: fields) }
        return Response(contentType: mediaType, bytes: content, headers: fields)
    }

    /// The client has it: If-None-Match, or without that If-Modified-Since (RFC 9110 section 13.2.2).
    private func isFresh(_ headers: HTTPFields) -> Bool {
        if headers.contains(.ifNoneMatch) { return EntityTag.list(headers[.ifNoneMatch], weaklyContains: etag) }
        guard let text = headers[.ifModifiedSince], let date = HTTPDate.parse(text) else { return false }
        return modified <= date
    }
}
