import Testing

@testable import ControlAPI

struct MultipartFormTests {
    private func parts(_ body: String, _ type: String = "multipart/form-data; boundary=b") throws -> [String: String] {
        let form = try MultipartForm(Array(body.utf8), contentType: type)
        return Dictionary(form.parts.map { ($0.name, String(decoding: $0.bytes, as: UTF8.self)) }) { $1 }
    }

    @Test func partsAreWhatStandsBetweenTheBoundaries() throws {
        let body =
            "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n2\r\n--b  \r\n"
            + "Content-Type: a/b\r\ncontent-disposition: form-data; filename=\"q;\\\"name=z\"; name=y\r\n\r\n\r\n--b--"
        #expect(try parts(body) == ["x": "1\r\n2", "y": ""])
        #expect(try parts("preamble\r\n" + body) == ["x": "1\r\n2", "y": ""])
        #expect(try parts(body, "multipart/form-data; charset=utf-8; boundary=\"b\"") == ["x": "1\r\n2", "y": ""])
    }

    @Test(arguments: [
        "", "--b", "--b\r\n", "--b\r\nContent-Disposition: form-data; name=x\r\n\r\n1",
        "--b\r\nContent-Disposition: form-data; name=x\r\n--b--", "--b\r\nX: y\r\n\r\n1\r\n--b--", "--c\r\n\r\n--c--",
        "--bx\r\n\r\n--b--",
    ])
    func malformedBodiesAreRefused(body: String) {
        #expect(throws: Problem.self) { try parts(body) }
    }

    @Test(arguments: ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"b"])
    func aBoundaryIsNeeded(type: String) {
        #expect(throws: Problem.self) { try parts("--b--", type) }
    }
}
