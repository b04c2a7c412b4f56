/// `multipart/form-data` (RFC 7578).
struct MultipartForm {
    var parts: [(name: String, type: String, bytes: [UInt8])]
    private let boundary: String

    init(parts: [(name: String, type: String, bytes: [UInt8])]) {
        self.parts = parts
        boundary = "swale-" + String(UInt64.random(in: .min ... .max), radix: 36)
    }

    var type: String { "multipart/form-data; boundary=\(boundary)" }

    var body: [UInt8] {
        var body: [UInt8] = []
        for part in parts {
            body += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(part.name)\"\r\n".utf8
            body += "Content-Type: \(part.type)\r\n\r\n".utf8
            body += part.bytes
            body += "\r\n".utf8
        }
        return body + "--\(boundary)--\r\n".utf8
    }
}
