import Foundation
import HTTPTypes
import Testing

@testable import HTTP

/// Dates, entity tags, problem documents.
@Suite struct FormatTests {
    private static let date = Date(timeIntervalSince1970: 784_111_777)

    @Test(arguments: [
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
    ]) func datesAreRead(_ text: String) {
        #expect(HTTPDate.parse(text) == Self.date)
    }

    @Test(arguments: ["", "now", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT+1", "784111777"])
    func otherTextIsNoDate(_ text: String) {
        #expect(HTTPDate.parse(text) == nil)
    }

    @Test func datesAreWritten() {
        #expect(HTTPDate.format(Self.date) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(HTTPDate.format(Date(timeIntervalSince1970: 951_827_696)) == "Tue, 29 Feb 2000 12:34:56 GMT")
    }

    @Test func entityTagsCompare() {
        #expect(EntityTag.list("\"a\", \"b\"", stronglyContains: "\"b\""))
        #expect(EntityTag.list(" * ", stronglyContains: "\"b\""))
        #expect(!EntityTag.list("W/\"b\"", stronglyContains: "\"b\""))
        #expect(!EntityTag.list("\"a,\"b\"\"", stronglyContains: "\"b\""))
        #expect(!EntityTag.list(nil, stronglyContains: "\"b\""))
        #expect(EntityTag.list("W/\"b\"", weaklyContains: "\"b\""))
        #expect(EntityTag.of([1]) != EntityTag.of([2]))
        #expect(EntityTag.of([]) == "\"e3b0c44298fc1c149afbf4c8996fb924\"")
    }

    @Test func problemsAreJSON() throws {
        let detail = "a \"quote\", a \\, a \n, a \u{01}, an \u{e4}"
        let response = Response.problem(.notFound, detail)
        guard case .bytes(let bytes) = response.body else { return #expect(Bool(false)) }
        let object = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        #expect(object["detail"] as? String == detail)
        #expect(object["status"] as? Int == 404)
        #expect(object["title"] as? String == "Not Found")
        #expect(object["type"] as? String == "about:blank")
    }

    @Test func contentTypeIsWithoutParameters() throws {
        let request = try Request(method: .put, target: "/", headers: [.contentType: " Text/HTML ; charset=utf-8"])
        #expect(request.contentType == "text/html")
    }

    @Test func queriesAreDecoded() throws {
        let request = try Request(method: .get, target: "/?a=1&a=2&b&=c&&d=%26%3D+x")
        #expect(request.query.map { "\($0.name):\($0.value)" } == ["a:1", "a:2", "b:", ":c", "d:&= x"])
        #expect(request.query("a") == "1")
        #expect(request.query("x") == nil)
    }
}
