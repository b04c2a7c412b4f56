import HTTP
import HTTPTypes

/// A request on its way through an endpoint.
struct Context: Sendable {
    let request: Request
    let control: Control

    // MARK: What the path names

    func program() throws(Problem) -> String { try name("program", Names.isName) }
    func `switch`() throws(Problem) -> String { try name("switch", Names.isName) }
    func port() throws(Problem) -> String { try name("port", Names.isPortName) }
    func capture() throws(Problem) -> String { try name("capture", Names.isName) }
    func map() throws(Problem) -> String { try name("map", Names.isMapName) }

    private func name(_ parameter: String, _ isName: (String) -> Bool) throws(Problem) -> String {
        let text = request.parameters[parameter]
        guard isName(text) else { throw .parameter(parameter, "\(text) can't be a name") }
        return text
    }

    // MARK: Query

    /// `Endpoint.check` has seen to it that these are `true` or `false` where they are given.
    var isDryRun: Bool { request.query("dryRun") == "true" }
    var wantsLog: Bool { request.query("log") == "true" }

    func choice<T: RawRepresentable & CaseIterable>(_ name: String, _: T.Type = T.self) throws(Problem) -> T?
    where T.RawValue == String {
        guard let text = request.query(name) else { return nil }
        guard let value = T(rawValue: text) else {
            let known = T.allCases.map { $0.rawValue }.joined(separator: ", ")
            throw .parameter(name, "\(text) is none of \(known)")
        }
        return value
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let text = request.query(name) else { return nil }
        guard text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let value = Int(text),
            range.contains(value)
        else { throw .parameter(name, "\(text) is not a number in \(range.lowerBound)...\(range.upperBound)") }
        return value
    }

    /// Items of a page, at most.
    func limit() throws(Problem) -> Int? { try integer("limit", in: 1...10_000) }

    static let defaultLimit = 100

    /// The cursor of a walk over a map; nil for its start.
    func position() throws(Problem) -> UInt64? {
        guard let text = request.query("cursor") else { return nil }
        guard text.utf8.count <= 19, let position = UInt64(text), position <= UInt64(Int64.max) else {
            throw .parameter("cursor", "not a cursor of this list")
        }
        return position
    }

    // MARK: Body

    func json() throws(Problem) -> JSONReader { JSONReader(try JSON(parsing: request.body)) }

    /// An object without members where there is no body.
    func jsonOrEmpty() throws(Problem) -> JSONReader {
        request.body.isEmpty ? JSONReader([:]) : try json()
    }

    // MARK: Preconditions

    /// `If-Match` and `If-None-Match` against the tag of what exists; nil where nothing does.
    func checkPreconditions(_ etag: String?) throws(Problem) {
        if let match = request.headers[.ifMatch] {
            guard let etag else { throw Problem(.preconditionFailed, "If-Match: it does not exist") }
            guard match == "*" || ETag.list(match, contains: etag) else {
                throw Problem(.preconditionFailed, "If-Match: it is \(etag) now")
            }
        }
        if let noneMatch = request.headers[.ifNoneMatch], let etag {
            if noneMatch == "*" { throw Problem(.exists, "If-None-Match: it exists") }
            if ETag.list(noneMatch, contains: etag) {
                throw Problem(.preconditionFailed, "If-None-Match: it is \(etag)")
            }
        }
    }

    func accepts(_ type: String) -> Bool {
        guard let field = request.headers[.accept] else { return false }
        return field.split(separator: ",").contains {
            let range = $0.prefix { $0 != ";" }
            return range.filter { !$0.isWhitespace }.lowercased() == type
        }
    }

    // MARK: Answers

    func answer(_ json: JSON) -> Response {
        Response(contentType: "application/json", bytes: JSONText(json).bytes + [0x0a])
    }

    /// An object with its validator.
    func answer(_ json: JSON, etag: String) -> Response {
        var response = answer(json)
        response.headers[.eTag] = etag
        return response
    }

    /// What a write made, or would have made.
    func written(_ json: JSON, etag: String, isNew: Bool) -> Response {
        var response = answer(json, etag: etag)
        if isNew {
            response.status = .created
            response.headers[.location] = request.path
        }
        if isDryRun { response.headers[.swaleDryRun] = "true" }
        return response
    }

    func deleted() -> Response {
        var response = Response(status: .noContent)
        if isDryRun { response.headers[.swaleDryRun] = "true" }
        return response
    }

    /// A page of a list that is sorted by name; the cursor is the last name of the page before.
    func page<T>(_ all: [T], name: (T) -> String, _ json: (T) throws(Problem) -> JSON) throws(Problem) -> Response {
        let limit = try limit() ?? Self.defaultLimit
        var rest = all[...]
        if let cursor = request.query("cursor") {
            guard let text = Cursor.decode(cursor) else { throw .parameter("cursor", "not a cursor of this list") }
            rest = rest.drop { name($0) <= text }
        }
        let items = rest.prefix(limit)
        var body: JSON = ["items": .array(try items.map { item throws(Problem) in try json(item) })]
        if items.count < rest.count, let last = items.last { body.set("next", .string(Cursor.encode(name(last)))) }
        return answer(body)
    }
}

/// Cursors of lists: opaque to clients.
enum Cursor {
    static func encode(_ text: String) -> String { String(Hex.text(Array(text.utf8)).dropFirst(2)) }

    static func decode(_ cursor: String) -> String? {
        guard let bytes = Hex.bytes("0x" + cursor) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}

extension HTTPField.Name {
    static let swaleDryRun = HTTPField.Name("Swale-Dry-Run")!
}
