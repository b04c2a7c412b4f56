import HTTPTypes
import Testing

@testable import HTTP

@Suite struct ExchangeTests {
    @Test func answersAGet() throws {
        let server = try TestServer()
        let answer = try server.exchange(
            "GET /a/b%20c?x=1&y=a+b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\nDate: "))
        #expect(answer.contains("segments=a|b c\n"))
        #expect(answer.contains("query=x=1&y=a b\n"))
        #expect(answer.contains("\r\nConnection: close\r\n"))
    }

    @Test func keepsAConnectionAlive() throws {
        let server = try TestServer()
        let client = try server.connect()
        for number in 0..<10 {
            try client.send("PUT /\(number) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc")
            let answer = try #require(client.readAnswer())
            #expect(answer.status == 200)
            #expect(String(decoding: answer.body, as: UTF8.self).contains("PUT /\(number)\n"))
        }
    }
}
