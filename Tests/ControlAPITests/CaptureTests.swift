import Foundation
import TestSupport
import Testing

@testable import ControlAPI

/// `/v1/captures`, and ports on files.
struct CaptureTests {
    private static let arp: [UInt8] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 6] + [UInt8](repeating: 1, count: 46)
    private static let ip: [UInt8] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0] + [UInt8](repeating: 1, count: 46)

    @Test func isMadeShownReadAndTakenAway() throws {
        let api = try TestService()
        let ports = try api.makeSwitch("s", ports: ["a", "b"])
        let body = #"{"switch":"s","ports":["a"],"direction":"in","filter":"arp","packets":2,"snaplen":50}"#
        let planned = try api.call("PUT", "/v1/captures/c?dryRun=true", json: body)
        #expect(planned.status == 201)
        #expect(try api.call("GET", "/v1/captures/c").status == 404)
        let put = try api.call("PUT", "/v1/captures/c", json: body)
        #expect(put.status == 201, "\(put.text)")
        #expect(put.string("status.state") == "running")
        #expect(put.headers["etag"] == planned.headers["etag"])
        // Whether it runs or not: the same again is the same one.
        #expect(try api.call("PUT", "/v1/captures/c", json: body).status == 200)

        ports[0].inject(Self.ip)
        ports[0].inject(Self.arp)
        #expect(try eventually { try api.call("GET", "/v1/captures/c").string("status.packets") == "1" })
        let soFar = try api.call("GET", "/v1/captures/c/pcapng")
        #expect(soFar.headers["content-type"] == "application/x-pcapng")
        #expect(Self.contains(soFar.body, Self.arp.prefix(50)))
        #expect(!Self.contains(soFar.body, Self.ip.prefix(50)))
        ports[0].inject(Self.arp)
        ports[0].inject(Self.arp)
        #expect(try eventually { try api.call("GET", "/v1/captures/c").string("status.state") == "complete" })
        #expect(try api.call("GET", "/v1/captures").string("items.0.status.packets") == "2")
        let whole = try api.call("GET", "/v1/captures/c/pcapng")
        #expect(whole.body.starts(with: soFar.body))
        #expect(try api.call("GET", "/v1/captures/c").string("status.bytes") == "\(whole.body.count)")
        #expect(try api.call("GET", "/v1/captures/c/pcapng?follow=true").body == whole.body)

        // Another spec begins anew.
        let other = try api.call("PUT", "/v1/captures/c", json: #"{"switch":"s"}"#)
        #expect(other.status == 200)
        #expect(other.string("status.packets") == "0")
        #expect(try api.call("DELETE", "/v1/captures/c?dryRun=true").status == 204)
        #expect(try api.call("DELETE", "/v1/captures/c").status == 204)
        #expect(try api.call("GET", "/v1/captures/c/pcapng").status == 404)
    }

    @Test func itRunsForTheSecondsAskedFor() throws {
        let api = try TestService()
        _ = try api.makeSwitch("s", ports: ["a"])
        for (name, seconds) in [("long", 60), ("short", 1)] {
            let body = "{\"switch\":\"s\",\"seconds\":\(seconds)}"
            #expect(try api.call("PUT", "/v1/captures/\(name)", json: body).status == 201)
        }
        #expect(try eventually { try api.call("GET", "/v1/captures/short").string("status.state") == "complete" })
        #expect(try api.call("GET", "/v1/captures/long").string("status.state") == "running")
    }

    /// One that nobody reads goes when its time is over; what is read stays, however long.
    @Test func itGoesWhenNobodyReadsIt() throws {
        let api = try TestService()
        _ = try api.makeSwitch("s", ports: ["a"])
        let body = #"{"switch":"s","lingerSeconds":1}"#
        #expect(try api.call("PUT", "/v1/captures/lone", json: body).int("spec.lingerSeconds") == 1)
        #expect(try api.call("PUT", "/v1/captures/stays", json: #"{"switch":"s"}"#).status == 201)
        #expect(try api.call("PUT", "/v1/captures/read", json: body).status == 201)
        do {
            let client = try Connection(port: api.port)
            try client.send(
                Array("GET /v1/captures/read/pcapng?follow=true HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
            #expect(!client.read().isEmpty)
            #expect(try eventually { try api.call("GET", "/v1/captures/lone").status == 404 })
            // A clock that was set when the other one's was has run out as well.
            usleep(200_000)
            #expect(try api.call("GET", "/v1/captures/read").string("status.state") == "running")
            #expect(try api.call("HEAD", "/v1/captures/read/pcapng").status == 200)
        }
        #expect(try eventually { try api.call("GET", "/v1/captures/read").status == 404 })
        #expect(try api.call("GET", "/v1/captures/stays").status == 200)
    }

    private static func contains(_ bytes: [UInt8], _ part: ArraySlice<UInt8>) -> Bool {
        bytes.firstRange(of: part) != nil
    }

    @Test func aFollowerSeesFramesAsTheyComeAndTheEnd() throws {
        let api = try TestService()
        let ports = try api.makeSwitch("s", ports: ["a"])
        _ = try api.call("PUT", "/v1/captures/c", json: #"{"switch":"s"}"#)
        let client = try Connection(port: api.port)
        try client.send(
            Array(
                "GET /v1/captures/c/pcapng?follow=true HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8))
        var bytes: [UInt8] = []
        func follow(until part: [UInt8]) -> Bool {
            while bytes.firstRange(of: part) == nil {
                let more = client.read()
                if more.isEmpty { return false }
                bytes += more
            }
            return true
        }
        #expect(follow(until: [0x0a, 0x0d, 0x0d, 0x0a]))
        ports[0].inject(Self.arp)
        #expect(follow(until: Self.arp))
        ports[0].inject(Self.ip)
        #expect(follow(until: Self.ip))
        #expect(try api.call("DELETE", "/v1/captures/c").status == 204)
        bytes += client.readToEnd()
        #expect(bytes.suffix(5) == Array("0\r\n\r\n".utf8))
    }

    @Test func itEndsWithItsSwitchAndStays() throws {
        let api = try TestService()
        let ports = try api.makeSwitch("s", ports: ["a"])
        _ = try api.call("PUT", "/v1/captures/c", json: #"{"switch":"s"}"#)
        ports[0].inject(Self.arp)
        #expect(try eventually { try api.call("GET", "/v1/captures/c").string("status.packets") == "1" })
        #expect(try api.call("DELETE", "/v1/switches/s").status == 204)
        #expect(try eventually { try api.call("GET", "/v1/captures/c").string("status.state") == "complete" })
        #expect(Self.contains(try api.call("GET", "/v1/captures/c/pcapng").body, Self.arp[...]))
    }

    @Test(arguments: [
        (#"{}"#, ""), (#"{"switch":"t"}"#, "/switch"), (#"{"switch":"s","ports":["a","x"]}"#, "/ports/1"),
        (#"{"switch":"s","ports":[]}"#, "/ports"), (#"{"switch":"s","direction":"up"}"#, "/direction"),
        (#"{"switch":"s","outcome":"none"}"#, "/outcome"), (#"{"switch":"s","filter":"tcp prt 1"}"#, "/filter"),
        (#"{"switch":"s","snaplen":0}"#, "/snaplen"), (#"{"switch":"s","packets":0}"#, "/packets"),
        (#"{"switch":"s","bytes":1}"#, "/bytes"), (#"{"switch":"s","seconds":-1}"#, "/seconds"),
        (#"{"switch":"s","lingerSeconds":0}"#, "/lingerSeconds"),
        (#"{"switch":"s","rate":1}"#, "/rate"),
    ])
    func wrongSpecsAreRefused(body: String, pointer: String) throws {
        let api = try TestService()
        _ = try api.makeSwitch("s", ports: ["a"])
        let refused = try api.call("PUT", "/v1/captures/c", json: body)
        #expect(refused.status == 422, "\(refused.text)")
        #expect(refused.string("errors.0.pointer") == pointer)
        #expect(try api.call("GET", "/v1/captures").count("items") == 0)
    }

    // MARK: Ports on files

    /// Two frames, ARP and IP.
    private static func pcap() -> [UInt8] {
        func words(_ values: [UInt32]) -> [UInt8] {
            values.flatMap { withUnsafeBytes(of: $0.littleEndian) { Array($0) } }
        }
        let head = words([0xA1B2_C3D4, 0x0004_0002, 0, 0, 262_144, 1])
        return head + words([1, 0, 60, 60]) + arp + words([1, 1, 60, 60]) + ip
    }

    private static func folder() throws -> String {
        let path = NSTemporaryDirectory() + "swale-pcap-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Data(pcap()).write(to: URL(fileURLWithPath: path + "/in.pcap"))
        return path
    }

    @Test func aPortPlaysAFileAndAnotherWritesIt() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let api = try TestService(pcapDirectory: folder)
        _ = try api.makeSwitch("s", ports: [])
        _ = try api.call("PUT", "/v1/programs/f", json: #"{"filter":"arp","type":"vale"}"#)
        _ = try api.call("PUT", "/v1/switches/s/program", json: #"{"program":"f"}"#)
        let sink = #"{"backend":"pcap","pcap":{"write":"out.pcap"}}"#
        #expect(try api.call("PUT", "/v1/switches/s/ports/sink", json: sink).status == 201)
        let source = #"{"backend":"pcap","pcap":{"replay":"in.pcap","timing":"none","loop":3}}"#
        let put = try api.call("PUT", "/v1/switches/s/ports/source", json: source)
        #expect(put.status == 201, "\(put.text)")
        #expect(
            try eventually { try api.call("GET", "/v1/switches/s/ports/sink").string("status.pcap.written") == "3" })
        let played = try api.call("GET", "/v1/switches/s/ports/source")
        #expect(played.string("status.pcap.replayed") == "6")
        #expect(played.string("status.pcap.loops") == "3")
        #expect(try api.call("PUT", "/v1/switches/s/ports/source", json: source).status == 200)
        #expect(try api.call("GET", "/v1/switches/s/stats")["ledger.balanced"] as? Bool == true)

        // In use, and still so after the refusal.
        let taken = try api.call(
            "PUT", "/v1/switches/s/ports/third", json: #"{"backend":"pcap","pcap":{"write":"out.pcap"}}"#)
        #expect(taken.problem == "conflict", "\(taken.text)")
        // Another spec: the file is begun anew by the same port, to which maps still lead.
        let ifindex = try api.call("GET", "/v1/switches/s/ports/sink").int("status.ifindex")
        let again = try api.call(
            "PATCH", "/v1/switches/s/ports/sink", json: #"{"pcap":{"write":"out.pcap","replay":"in.pcap"}}"#)
        #expect(again.status == 200, "\(again.text)")
        #expect(again.int("status.ifindex") == ifindex && ifindex != nil)
        #expect(try api.call("PATCH", "/v1/switches/s/ports/sink", json: #"{"backend":"memory"}"#).status == 200)
        #expect(try api.call("DELETE", "/v1/switches/s/ports/source").status == 204)
        #expect(try api.call("DELETE", "/v1/switches/s").status == 204)
    }

    @Test func aPortIsBackWhereItsFileCantBeWritten() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder + "/taken", withIntermediateDirectories: false)
        let api = try TestService(pcapDirectory: folder)
        _ = try api.makeSwitch("s", ports: [])
        _ = try api.call(
            "PUT", "/v1/switches/s/ports/p", json: #"{"backend":"pcap","pcap":{"replay":"in.pcap","timing":"none"}}"#)
        let refused = try api.call(
            "PUT", "/v1/switches/s/ports/p", json: #"{"backend":"pcap","pcap":{"write":"taken"}}"#)
        #expect(refused.problem == "conflict", "\(refused.text)")
        #expect(
            try eventually { try api.call("GET", "/v1/switches/s/ports/p").string("status.pcap.replayed") == "2" })
    }

    @Test(arguments: [
        (#"{}"#, "/pcap"), (#"{"replay":"../in.pcap"}"#, "/pcap/replay"), (#"{"replay":"none"}"#, "/pcap/replay"),
        (#"{"replay":".in"}"#, "/pcap/replay"), (#"{"replay":"in.pcap","loop":-1}"#, "/pcap/loop"),
        (#"{"replay":"in.pcap","timing":"fast"}"#, "/pcap/timing"), (#"{"write":"a/b"}"#, "/pcap/write"),
        (#"{"write":"in.pcap","replay":"in.pcap"}"#, "/pcap"), (#"{"speed":1}"#, "/pcap/speed"),
    ])
    func wrongFilesAreRefused(pcap: String, pointer: String) throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let api = try TestService(pcapDirectory: folder)
        _ = try api.makeSwitch("s", ports: [])
        let refused = try api.call("PUT", "/v1/switches/s/ports/p", json: #"{"backend":"pcap","pcap":\#(pcap)}"#)
        #expect(refused.status == 422, "\(refused.text)")
        #expect(refused.string("errors.0.pointer") == pointer, "\(refused.text)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["in.pcap"])
    }

    @Test func withoutAFolderThereAreNone() throws {
        let api = try TestService()
        _ = try api.makeSwitch("s", ports: [])
        let refused = try api.call(
            "PUT", "/v1/switches/s/ports/p", json: #"{"backend":"pcap","pcap":{"replay":"in.pcap"}}"#)
        #expect(refused.problem == "unsupported")
        #expect(refused.text.contains("--pcap-directory"))
    }
}
