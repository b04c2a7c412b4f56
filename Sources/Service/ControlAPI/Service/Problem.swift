import HTTP
import HTTPTypes

/// A refusal, answered as a problem document (RFC 9457). What is refused changed nothing.
struct Problem: Error {
    /// What is wrong; the stable end of the document's `type`.
    enum Kind: String, CaseIterable {
        case malformed
        case invalidParameter = "invalid-parameter"
        case notFound = "not-found"
        case noSuchEntry = "no-such-entry"
        case inUse = "in-use"
        case conflict
        case mapFull = "map-full"
        case exists
        case preconditionFailed = "precondition-failed"
        case unsupportedMediaType = "unsupported-media-type"
        case invalid
        case invalidObject = "invalid-object"
        case readOnly = "read-only"
        case unsupported
        case rejected
        case timeLimit = "time-limit"
        case busy
        case notReady = "not-ready"

        var status: HTTPResponse.Status {
            switch self {
            case .malformed, .invalidParameter: .badRequest
            case .notFound, .noSuchEntry: .notFound
            case .inUse, .conflict, .mapFull: .conflict
            case .exists, .preconditionFailed: .preconditionFailed
            case .unsupportedMediaType: .unsupportedMediaType
            case .invalid, .invalidObject, .rejected, .readOnly, .unsupported: .unprocessableContent
            case .timeLimit, .busy, .notReady: .serviceUnavailable
            }
        }

        var title: String {
            switch self {
            case .malformed: "The request can't be read"
            case .invalidParameter: "A parameter is not valid"
            case .notFound: "There is no such thing"
            case .noSuchEntry: "The map has no such entry"
            case .inUse: "In use"
            case .conflict: "At odds with what exists"
            case .mapFull: "The map is full"
            case .exists: "It exists"
            case .preconditionFailed: "A precondition failed"
            case .unsupportedMediaType: "The body has a media type that is not taken"
            case .invalid: "The request is not valid"
            case .invalidObject: "The object can't be loaded"
            case .rejected: "The verifier refuses the program"
            case .timeLimit: "The time for verifying the program ran out"
            case .busy: "Too many requests like this one wait"
            case .readOnly: "The map is read-only"
            case .unsupported: "Not supported"
            case .notReady: "Not ready"
            }
        }
    }

    var kind: Kind
    var detail: String
    /// Where `kind` allows for another status than its own: an entry that `If-Match` asks for is 412.
    var status: HTTPResponse.Status
    var errors: [JSON] = []
    /// Further members of the document.
    var members: [JSON.Member] = []
    var headers: HTTPFields = [:]

    init(_ kind: Kind, _ detail: String, status: HTTPResponse.Status? = nil) {
        self.kind = kind
        self.detail = detail
        self.status = status ?? kind.status
    }

    static func malformed(_ detail: String) -> Problem { Problem(.malformed, detail) }
    static func notFound(_ detail: String) -> Problem { Problem(.notFound, detail) }
    static func conflict(_ detail: String) -> Problem { Problem(.conflict, detail) }

    /// Nothing has begun; the same request may succeed later.
    static var busy: Problem {
        var problem = Problem(.busy, "come back when others are through")
        problem.headers[.retryAfter] = "5"
        return problem
    }

    /// A member of the body that can't be taken.
    static func invalid(at pointer: JSONPointer, _ detail: String) -> Problem {
        var problem = Problem(.invalid, "\(pointer.description.isEmpty ? "the body" : pointer.description): \(detail)")
        problem.errors = [["pointer": .string(pointer.description), "detail": .string(detail)]]
        return problem
    }

    static func parameter(_ name: String, _ detail: String) -> Problem {
        var problem = Problem(.invalidParameter, "\(name): \(detail)")
        problem.errors = [["parameter": .string(name), "detail": .string(detail)]]
        return problem
    }

    static func inUse(_ detail: String, by users: [String]) -> Problem {
        var problem = Problem(.inUse, detail)
        problem.members = [JSON.Member(name: "users", value: .array(users.map { .string($0) }))]
        return problem
    }

    var type: String { "urn:swale:problem:" + kind.rawValue }

    var json: JSON {
        var document: JSON = [
            "type": .string(type), "title": .string(kind.title), "status": .integer(status.code),
            "detail": .string(detail),
        ]
        if !errors.isEmpty { document.set("errors", .array(errors)) }
        for member in members { document.set(member.name, member.value) }
        return document
    }

    var response: Response {
        Response(
            status: status, contentType: "application/problem+json", bytes: JSONText(json).bytes, headers: headers)
    }
}
