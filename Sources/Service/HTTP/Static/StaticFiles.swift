import Foundation
import Glibc
import HTTPTypes

/// Serves the files that a folder held when it was read, from memory: no request names a path of the file system, and
/// the event loop waits for no disk.
public struct StaticFiles: RequestHandler {
    private let files: [String: StaticFile]
    private let index: String
    private let headers: HTTPFields

    /// - Parameters:
    ///   - files: contents by path without a leading slash, `css/page.css`.
    ///   - index: what `/` and paths that end in a slash stand for.
    ///   - headers: of every answer.
    public init(files: [String: [UInt8]], index: String = "index.html", headers: HTTPFields = [:]) {
        let now = Date()
        self.files = files.reduce(into: [:]) {
            $0[$1.key] = StaticFile(name: $1.key, content: $1.value, modified: now)
        }
        self.index = index
        self.headers = headers
    }

    /// Reads `directory` and the folders in it. Hidden files and symbolic links are left out.
    public init(
        directory: String, index: String = "index.html", headers: HTTPFields = [:]
    ) throws(ServerError) {
        var files: [String: StaticFile] = [:]
        try Self.read(directory, prefix: "", into: &files)
        self.files = files
        self.index = index
        self.headers = headers
    }

    public var paths: [String] { files.keys.sorted() }

    public func bodyLimit(for request: Request) -> Int { 1 << 16 }

    public func handle(_ request: Request, _ responder: Responder) {
        responder.respond(response(to: request))
    }

    /// The answer, 304, 404 and 405 included.
    public func response(to request: Request) -> Response {
        var segments = request.pathSegments
        if segments.isEmpty || segments.last == "" {
            _ = segments.popLast()
            segments.append(index)
        }
        // A decoded slash is part of a name, and no file has it in its name.
        let isPlain = !segments.contains { $0.isEmpty || $0.contains("/") }
        guard isPlain, let file = files[segments.joined(separator: "/")] else {
            return .problem(.notFound, "nothing is at \(request.path)", headers: headers)
        }
        guard request.method == .get || request.method == .head else {
            var fields = headers
            fields[.allow] = "GET, HEAD, OPTIONS"
            if request.method == .options { return Response(status: .noContent, headers: fields) }
            return .problem(.methodNotAllowed, "\(request.method) is not for files", headers: fields)
        }
        return file.response(to: request, headers: headers)
    }

    private static func read(
        _ directory: String, prefix: String, into files: inout [String: StaticFile]
    ) throws(ServerError) {
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: directory) } catch {
            throw .system(call: "read \(directory)", errno: ENOENT)
        }
        for name in names where !name.hasPrefix(".") {
            let path = "\(directory)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR {
                try read(path, prefix: "\(prefix)\(name)/", into: &files)
            } else if status.st_mode & S_IFMT == S_IFREG {
                guard let content = FileManager.default.contents(atPath: path) else {
                    throw .system(call: "read \(path)", errno: EACCES)
                }
                let modified = Date(timeIntervalSince1970: Double(status.st_mtim.tv_sec))
                files[prefix + name] = StaticFile(name: name, content: Array(content), modified: modified)
            }
        }
    }
}
