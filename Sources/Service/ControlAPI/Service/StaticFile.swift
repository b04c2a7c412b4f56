import Foundation
import HTTP
import HTTPTypes

/// A file as a response, with a validator of its content.
struct StaticFile: Sendable {
    let bytes: [UInt8]
    let contentType: String
    let etag: String

    init?(path: String, contentType: String) {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        bytes = Array(data)
        self.contentType = contentType
        etag = ETag.make(bytes)
    }

    func response(to request: Request) -> Response {
        let headers: HTTPFields = [.eTag: etag, .cacheControl: "no-cache"]
        if let known = request.headers[.ifNoneMatch], known == "*" || ETag.list(known, contains: etag) {
            return Response(status: .notModified, headers: headers)
        }
        return Response(contentType: contentType, bytes: bytes, headers: headers)
    }
}
