import Foundation
import PacketIO
import TestSupport
import Testing

@testable import ControlAPI

struct FilterTests {
    @Test func aFilterIsShownAsItWasGiven() throws {
        let api = try TestService()
        let reply = try api.call("PUT", "/v1/programs/web", json: #"{"filter":"tcp port 80 and host 10.0.0.1"}"#)
        #expect(reply.status == 201)
        #expect(reply.string("spec.filter") == "tcp port 80 and host 10.0.0.1")
        #expect(reply.string("spec.type") == "xdp")
        #expect(reply["spec.match"] == nil)
        #expect(reply.string("status.functions.0.name") == "filter")
        #expect(reply.string("status.functions.0.verified.0.type") == "xdp")
        #expect(reply.count("status.maps") == 0)
        #expect(try api.call("GET", "/v1/programs/web").text == reply.text)
        #expect(try api.call("GET", "/v1/programs/web/disassembly").text.contains("exit"))
        let vale = try api.call("PUT", "/v1/programs/web", json: #"{"filter":"arp","type":"vale","match":3}"#)
        #expect(vale.status == 200)
        #expect(vale.int("spec.match") == 3)
        #expect(vale.headers["etag"] != reply.headers["etag"])
    }

    @Test(arguments: [
        (#"{"filter":"tcp prt 80"}"#, "/filter"), (#"{"filter":"ip protochain 6"}"#, "/filter"),
        (#"{"filter":"inbound"}"#, "/filter"), (#"{"filter":"ip\u0000tcp"}"#, "/filter"), (#"{"filter":3}"#, "/filter"),
        (#"{"filter":"ip","type":"memory"}"#, "/type"), (#"{"filter":"ip","match":3}"#, "/match"),
        (#"{"filter":"ip","type":"vale","match":255}"#, "/match"), (#"{"filter":"ip","options":{}}"#, "/options"),
        (#"{"type":"vale"}"#, ""),
    ])
    func whatIsNoFilterIsRefusedWithItsPlace(body: String, pointer: String) throws {
        let api = try TestService()
        let reply = try api.call("PUT", "/v1/programs/f", json: body)
        #expect(reply.status == 422)
        #expect(reply.problem == "invalid")
        #expect(reply.string("errors.0.pointer") == pointer)
        // Its loop is named by what it is of.
        if body.contains("protochain") { #expect(reply.string("detail")?.contains("protochain") == true) }
        #expect(try api.call("GET", "/v1/programs/f").status == 404)
    }

    @Test func aSwitchLetsThroughWhatMatches() throws {
        let api = try TestService()
        let ports = try api.makeSwitch("s", ports: ["a", "b"])
        let put = try api.call("PUT", "/v1/programs/f", json: #"{"filter":"arp","type":"vale"}"#)
        #expect(put.status == 201)
        #expect(try api.call("PUT", "/v1/switches/s/program", json: #"{"program":"f"}"#).status == 201)
        let head: [UInt8] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]
        let arp = head + [8, 6] + [UInt8](repeating: 1, count: 46)
        #expect(ports[0].inject(head + [8, 0] + [UInt8](repeating: 1, count: 46)))
        #expect(ports[0].inject(arp))
        var passed: [[UInt8]] = []
        // In the order in which they came: the one before was dropped.
        #expect(
            eventually {
                passed += ports[1].drain()
                return passed == [arp]
            })
        // Replaced where it is attached; an XDP filter does not fit there.
        #expect(try api.call("PUT", "/v1/programs/f", json: #"{"filter":"ip"}"#).status == 409)
    }
}
