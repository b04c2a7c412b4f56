import Foundation
import TestSupport
import Testing

@testable import ControlAPI

struct FIBTests {
    /// What `bpf_fib_lookup` answers for a packet to the address in the frame's bytes 30 to 33: its result, then the
    /// egress, the MAC addresses of a neighbour and the MTU, written into the packet.
    private static let router = """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        SEC("xdp") int route(struct xdp_md *md) {
            unsigned char *data = (void *)(long)md->data, *end = (void *)(long)md->data_end;
            struct bpf_fib_lookup fib = {.family = 2, .ifindex = md->ingress_ifindex};
            if (data + 34 > end) return XDP_ABORTED;
            __builtin_memcpy(&fib.ipv4_dst, data + 30, 4);
            data[0] = bpf_fib_lookup(md, &fib, sizeof fib, 0);
            __builtin_memcpy(data + 4, &fib.ifindex, 4);
            __builtin_memcpy(data + 8, fib.dmac, 6);
            return XDP_TX;
        }
        char _license[] SEC("license") = "GPL";
        """

    private func lookup(_ api: TestService, from ifindex: Int, to address: [UInt8]) throws -> [UInt8] {
        let frame = [UInt8](repeating: 0, count: 30) + address
        let reply = try api.call(
            "POST", "/v1/programs/router/test-run?ifindex=\(ifindex)", json: #"{"packet":"\#(Hex.text(frame))"}"#)
        return Hex.bytes(reply.string("packets.0.packet") ?? "") ?? []
    }

    private func ifindex(_ api: TestService, _ port: String) throws -> Int {
        try #require(try api.call("GET", "/v1/switches/br0/ports/\(port)").int("status.ifindex"))
    }

    private func service() throws -> TestService {
        let api = try TestService()
        _ = try api.makeSwitch("br0", ports: ["a", "b"])
        let reply = try api.putProgram("router", try Fixture.object(source: Self.router))
        #expect(reply.status == 201, "\(reply.text)")
        return api
    }

    @Test func aProgramIsToldWhatWasDeclared() throws {
        let api = try service()
        let a = try ifindex(api, "a")
        let b = try ifindex(api, "b")
        // Not forwarded: there is no route.
        #expect(try lookup(api, from: a, to: [10, 0, 0, 9]).first == 4)
        let route = try api.call(
            "PUT", "/v1/fib/routes/lan", json: #"{"prefix":"10.0.0.0/8","gateway":"192.0.2.1","port":"br0/b"}"#)
        #expect(route.status == 201, "\(route.text)")
        #expect(route.int("status.ifindex") == b)
        // No neighbour yet.
        #expect(try lookup(api, from: a, to: [10, 0, 0, 9]).first == 7)
        let neighbour = try api.call(
            "PUT", "/v1/fib/neighbours/gateway",
            json: #"{"address":"192.0.2.1","mac":"02:00:00:00:00:09","port":"br0/b"}"#)
        #expect(neighbour.status == 201, "\(neighbour.text)")
        let answer = try lookup(api, from: a, to: [10, 0, 0, 9])
        try #require(answer.count == 34)
        #expect(answer[0] == 0)
        #expect(Array(answer[4..<8]) == withUnsafeBytes(of: UInt32(b).littleEndian) { Array($0) })
        #expect(Array(answer[8..<14]) == [2, 0, 0, 0, 0, 9])
        // A longer prefix counts more; what is taken back counts no more.
        let hole = try api.call("PUT", "/v1/fib/routes/hole", json: #"{"prefix":"10.0.0.0/24","kind":"blackhole"}"#)
        #expect(hole.status == 201, "\(hole.text)")
        #expect(try lookup(api, from: a, to: [10, 0, 0, 9]).first == 1)
        #expect(try api.call("DELETE", "/v1/fib/routes/hole").status == 204)
        #expect(try lookup(api, from: a, to: [10, 0, 0, 9]).first == 0)
        #expect(try api.call("DELETE", "/v1/fib").status == 204)
        #expect(try lookup(api, from: a, to: [10, 0, 0, 9]).first == 4)
    }

    @Test func interfacesOfPortsAreThereAndCanBeChanged() throws {
        let api = try service()
        let a = try ifindex(api, "a")
        #expect(try api.call("GET", "/v1/fib").int("status.interfaces") == 2)
        let closed = try api.call(
            "PUT", "/v1/fib/interfaces/a", json: #"{"mac":"02:00:00:00:00:0a","forwardsIPv4":false,"port":"br0/a"}"#)
        #expect(closed.status == 201, "\(closed.text)")
        // Forwarding is off.
        #expect(try lookup(api, from: a, to: [10, 0, 0, 9]).first == 5)
        let table = try api.call("GET", "/v1/fib/table?limit=1")
        #expect(table.string("items.0.entry.mac") == "02:00:00:00:00:0a")
        #expect(table.string("next") == "1")
        #expect(try api.call("DELETE", "/v1/switches/br0/ports/b").status == 204)
        #expect(try api.call("GET", "/v1/fib").int("status.interfaces") == 1)
    }

    /// A route by a port that is not there waits for it.
    @Test func aRouteWaitsForItsPort() throws {
        let api = try service()
        let put = try api.call("PUT", "/v1/fib/routes/r", json: #"{"prefix":"::/0","port":"br0/c"}"#)
        #expect(put.status == 201, "\(put.text)")
        #expect(put["status.active"] as? Bool == false)
        #expect(try api.call("GET", "/v1/fib").int("status.routes") == 0)
        _ = try api.call("PUT", "/v1/switches/br0/ports/c", json: #"{"backend":"memory"}"#)
        #expect(try api.call("GET", "/v1/fib/routes/r")["status.active"] as? Bool == true)
        #expect(try api.call("GET", "/v1/fib").int("status.routes") == 1)
    }

    @Test func whatWasDeclaredCanBeReadBackAndPutAgain() throws {
        let api = try service()
        let specs = [
            "routes/a": #"""
            {"prefix":"10.0.0.0/8","gateway":"2001:db8::1","ifindex":7,"metric":5,"mtu":1400,"source":"10.0.0.1"}
            """#,
            "routes/b": #"{"prefix":"2001:db8::/32","kind":"prohibit","table":9}"#,
            "neighbours/n": #"{"address":"2001:db8::1","mac":"02:00:00:00:00:01","ifindex":7}"#,
            "interfaces/i": #"""
            {"mac":"02:00:00:00:00:07","mtu":9000,"addresses":["10.0.0.1","2001:db8::7"],"ifindex":7}
            """#,
        ]
        for (path, spec) in specs {
            #expect(try api.call("PUT", "/v1/fib/\(path)?dryRun=true", json: spec).status == 201)
            #expect(try api.call("GET", "/v1/fib/\(path)").status == 404)
            let put = try api.call("PUT", "/v1/fib/\(path)", json: spec)
            #expect(put.status == 201, "\(put.text)")
            let given = try #require(try JSONSerialization.jsonObject(with: Data(spec.utf8)) as? NSDictionary)
            let read = try #require(try api.call("GET", "/v1/fib/\(path)")["spec"] as? NSDictionary)
            for (name, value) in given { #expect(read[name] as? NSObject == value as? NSObject, "\(path) \(name)") }
            let text = String(decoding: try JSONSerialization.data(withJSONObject: read), as: UTF8.self)
            let again = try api.call("PUT", "/v1/fib/\(path)", json: text)
            #expect(again.status == 200, "\(again.text)")
            #expect(again.headers["etag"] == put.headers["etag"])
            #expect(try api.call("PUT", "/v1/fib/\(path)", ["If-None-Match": "*"], json: spec).status == 412)
        }
        #expect(try api.call("GET", "/v1/fib/routes?limit=1").string("items.0.name") == "a")
    }

    @Test(arguments: [
        ("routes", #"{"prefix":"10.0.0.1/8","ifindex":1}"#, "/prefix"),
        ("routes", #"{"prefix":"10.0.0.0/33","ifindex":1}"#, "/prefix"),
        ("routes", #"{"prefix":"10.0.0.0/-1","ifindex":1}"#, "/prefix"),
        ("routes", #"{"prefix":"10.0.0.0/8/8","ifindex":1}"#, "/prefix"),
        ("routes", #"{"prefix":"10.0.0/24","ifindex":1}"#, "/prefix"),
        ("routes", #"{"prefix":"::/0\u0000","ifindex":1}"#, "/prefix"),
        ("routes", #"{"prefix":"10.0.0.0/8"}"#, ""),
        ("routes", #"{"prefix":"10.0.0.0/8","ifindex":1,"port":"br0/a"}"#, "/ifindex"),
        ("routes", #"{"prefix":"10.0.0.0/8","port":"a"}"#, "/port"),
        ("routes", #"{"prefix":"10.0.0.0/8","ifindex":0}"#, "/ifindex"),
        ("routes", #"{"prefix":"10.0.0.0/8","ifindex":1,"kind":"any"}"#, "/kind"),
        ("routes", #"{"prefix":"10.0.0.0/8","kind":"blackhole","gateway":"10.0.0.1"}"#, "/gateway"),
        ("routes", #"{"prefix":"::/0","ifindex":1,"gateway":"10.0.0.1"}"#, "/gateway"),
        ("routes", #"{"prefix":"::/0","ifindex":1,"source":"10.0.0.1"}"#, "/source"),
        ("neighbours", #"{"address":"10.0.0.1","mac":"02:00:00:00:00","ifindex":1}"#, "/mac"),
        ("neighbours", #"{"address":"10.0.0.1","mac":"02:00:00:00:00:01"}"#, ""),
        ("interfaces", #"{"mac":"02:00:00:00:00:01","ifindex":1,"mtu":67}"#, "/mtu"),
        ("interfaces", #"{"mac":"02:00:00:00:00:01","interface":"a/b"}"#, "/interface"),
        ("interfaces", #"{"mac":"02:00:00:00:00:01","interface":"a","extra":1}"#, "/extra"),
    ])
    func wrongEntriesAreRefused(collection: String, spec: String, pointer: String) throws {
        let api = try TestService()
        let reply = try api.call("PUT", "/v1/fib/\(collection)/x", json: spec)
        #expect(reply.status == 422, "\(reply.text)")
        #expect(reply.string("errors.0.pointer") == pointer)
        #expect(try api.call("GET", "/v1/fib/\(collection)/x").status == 404)
    }

    @Test(arguments: [#"{"source":"kernel"}"#, #"{"refreshSeconds":0}"#, #"{"source":"host","every":1}"#])
    func wrongSourcesAreRefused(spec: String) throws {
        let api = try TestService()
        #expect(try api.call("PUT", "/v1/fib", json: spec).status == 422)
        #expect(try api.call("GET", "/v1/fib").string("spec.source") == "api")
    }

    @Test(.enabled(if: geteuid() == 0, "network namespaces need root"))
    func theHostsTablesAreRead() throws {
        let space = try NetworkNamespace(ipv6: true)
        try space.addVeth("d0", peer: space, "d1", address: "02:00:00:00:00:d0")
        try space.ip("link", "set", "d0", "mtu", "1400")
        try space.ip("address", "add", "198.51.100.1/24", "dev", "d0")
        try space.ip("address", "add", "2001:db8::1/64", "dev", "d0", "nodad")
        try space.ip("route", "add", "203.0.113.0/24", "via", "198.51.100.9", "metric", "7")
        try space.ip("route", "add", "203.0.113.0/25", "mtu", "lock", "1300", "dev", "d0", "src", "198.51.100.1")
        try space.ip("route", "add", "blackhole", "192.0.2.0/24")
        try space.ip("-6", "route", "add", "2001:db8:1::/48", "via", "2001:db8::9", "table", "100")
        try space.ip("route", "add", "203.0.113.128/25", "via", "inet6", "2001:db8::8", "dev", "d0")
        try space.ip("neighbour", "add", "198.51.100.9", "lladdr", "02:00:00:00:00:99", "dev", "d0")
        try space.ip("neighbour", "add", "2001:db8::9", "lladdr", "02:00:00:00:00:98", "dev", "d0")
        let contents = try space.perform {
            try "1".write(toFile: "/proc/sys/net/ipv4/conf/d0/forwarding", atomically: false, encoding: .utf8)
            return try HostTables.read()
        }
        let interface = try #require(contents.interfaces.first { $0.mac == [2, 0, 0, 0, 0, 0xd0] })
        #expect(interface.mtu == 1400)
        #expect(interface.forwardsIPv4)
        #expect(!interface.forwardsIPv6)
        #expect(interface.addresses.map(\.text).contains("198.51.100.1"))
        #expect(interface.addresses.map(\.text).contains("2001:db8::1"))
        func route(_ prefix: String) throws -> String {
            let route = try #require(contents.routes.first { "\($0.prefix.text)/\($0.length)" == prefix })
            if route.kind == .unicast { #expect(route.ifindex == interface.ifindex) }
            return String(decoding: JSONText(route.json).bytes, as: UTF8.self)
        }
        #expect(
            try route("203.0.113.0/24")
                == #"{"prefix":"203.0.113.0/24","kind":"unicast","gateway":"198.51.100.9","metric":7,"table":254}"#)
        #expect(
            try route("203.0.113.0/25")
                == #"{"prefix":"203.0.113.0/25","kind":"unicast","metric":0,"mtu":1300,"source":"198.51.100.1","#
                + #""table":254}"#)
        #expect(
            try route("203.0.113.128/25")
                == #"{"prefix":"203.0.113.128/25","kind":"unicast","gateway":"2001:db8::8","metric":0,"table":254}"#)
        #expect(try route("192.0.2.0/24") == #"{"prefix":"192.0.2.0/24","kind":"blackhole","metric":0,"table":254}"#)
        #expect(
            try route("2001:db8:1::/48")
                == #"{"prefix":"2001:db8:1::/48","kind":"unicast","gateway":"2001:db8::9","metric":1024,"table":100}"#)
        #expect(try route("198.51.100.1/32").contains(#""kind":"local""#))
        let neighbours = Dictionary(contents.neighbours.map { ($0.address.text, $0.mac.last) }) { first, _ in first }
        #expect(neighbours["198.51.100.9"] == 0x99)
        #expect(neighbours["2001:db8::9"] == 0x98)
    }

    /// Loopback has no Ethernet address, but routes of its own: the table is never without any.
    @Test func theSourceCanBeTheHost() throws {
        let api = try TestService()
        let put = try api.call("PUT", "/v1/fib", json: #"{"source":"host","refreshSeconds":3600}"#)
        #expect(put.status == 200, "\(put.text)")
        #expect(put.string("status.refreshed") != nil)
        #expect(put.string("status.failure") == nil)
        #expect((put.int("status.routes") ?? 0) > 0)
        _ = try api.call("PUT", "/v1/fib", json: #"{"source":"api"}"#)
        #expect(try api.call("GET", "/v1/fib").int("status.routes") == 0)
    }
}
