import Foundation
import TestSupport
import Testing

@testable import ControlAPI

/// `/v1/events` over TCP.
struct EventTests {
    private func talking() throws -> (TestService, () -> Void) {
        let api = try TestService()
        let ports = try api.makeSwitch("br0", ports: ["a"])
        _ = try api.putProgram("p", try Fixture.types.get())
        let reply = try api.call("PUT", "/v1/switches/br0/program", json: #"{"program":"p","function":"talk"}"#)
        #expect(reply.status == 201, "\(reply.text)")
        return (api, { ports[0].inject([UInt8](repeating: 2, count: 64)) })
    }

    @Test func linesComeAsTheyAreWritten() throws {
        let (api, talk) = try talking()
        let listener = try StreamListener(api, "/v1/events?types=trace")
        for line in 1...3 {
            talk()
            #expect(listener.wait(for: #""sequence":"\#(line)","worker":0,"line":"port 0","lost":"0"}"#))
        }
        #expect(listener.isSilent)
    }

    /// Every listener has all lines; one that comes later only those that follow, or those since the id that it names.
    @Test func everyListenerHasAllLines() throws {
        let (api, talk) = try talking()
        let first = try StreamListener(api, "/v1/events?types=trace")
        talk()
        #expect(first.wait(for: #""sequence":"1""#))
        let second = try StreamListener(api, "/v1/events?types=trace")
        let returned = try StreamListener(api, "/v1/events?types=trace", "Last-Event-ID: 0\r\n")
        #expect(returned.wait(for: #""sequence":"1""#))
        talk()
        for listener in [first, second, returned] { #expect(listener.wait(for: #""sequence":"2""#)) }
    }

    /// Of lines that make way before they are fetched the number is told.
    @Test func lostLinesAreCounted() throws {
        let (api, talk) = try talking()
        let trace = api.service.control.trace
        for line in UInt64(1)...1100 {
            talk()
            #expect(eventually { trace.lastSequence == line })
        }
        let held = try #require(trace.lines().first?.sequence)
        #expect(held > 1)
        let reply = try api.call("GET", "/v1/events?types=trace&limit=1", ["Last-Event-ID": "0"])
        #expect(reply.text.contains(#""lost":"\#(held - 1)"}"#), "\(reply.text)")
        // What happened otherwise is still told, however many lines there are.
        let lifecycle = try api.call("GET", "/v1/events?types=lifecycle&limit=1", ["Last-Event-ID": "0"])
        #expect(lifecycle.text.contains(#""kind":"switch","name":"br0""#))
    }

    @Test func aListenerThatGoesIsForgotten() throws {
        let (api, talk) = try talking()
        do {
            let listener = try StreamListener(api, "/v1/events?types=trace")
            talk()
            #expect(listener.wait(for: #""sequence":"1""#))
        }
        #expect(eventually { api.service.control.events.subscriberCount == 0 })
        talk()
        let returned = try StreamListener(api, "/v1/events?types=trace", "Last-Event-ID: 0\r\n")
        #expect(returned.wait(for: #""sequence":"2""#))
    }
}
