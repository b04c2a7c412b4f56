import Foundation
import Testing

@testable import ControlAPI

/// Addresses in keys and values, as the types of C and the names of their members tell of them.
struct AddressTests {
    private static let source = """
        #include <linux/bpf.h>
        #include <linux/in.h>
        #include <linux/in6.h>
        #include <bpf/bpf_helpers.h>
        struct flow {
            __be32 saddr;
            __be32 dst_ip;
            __be16 sport;
            __u8 proto;
            __u8 flags : 3, mode : 5;
        };
        struct session {
            __be32 seq;
            __u32 src;
            struct in_addr next;
            struct in6_addr via;
            __be32 vipv6[4];
            __u8 peer_addr[16];
            __u8 address[4];
            __u8 mac[6];
            __u8 payload[4];
            __be16 ports[2];
            char names[2][4];
            union { __be32 ip4; __be32 ip6[4]; };
            enum { IDLE, OPEN = 5 } states[2];
        };
        struct {
            __uint(type, BPF_MAP_TYPE_HASH); __type(key, struct flow); __type(value, struct session);
            __uint(max_entries, 8);
        } sessions SEC(".maps");
        struct {
            __uint(type, BPF_MAP_TYPE_HASH); __type(key, __be32); __type(value, struct in6_addr); __uint(max_entries, 8);
        } map SEC(".maps");
        volatile const __be32 gateway = 0;
        SEC("xdp") int pass(struct xdp_md *md) {
            struct flow flow = {};
            bpf_map_lookup_elem(&sessions, &flow);
            bpf_map_lookup_elem(&map, &flow);
            return gateway ? XDP_PASS : XDP_DROP;
        }
        char _license[] SEC("license") = "GPL";
        """

    private func service(_ options: String? = nil) throws -> TestService {
        let api = try TestService()
        let reply = try api.putProgram("p", try Fixture.object(source: Self.source), options: options)
        #expect(reply.status == 201, "\(reply.text)")
        return api
    }

    private static let key = #"""
        {"saddr":"192.0.2.1","dst_ip":"198.51.100.255","sport":443,"proto":6,"flags":5,"mode":17}
        """#
    private static let value = #"""
        {"seq":16909060,"src":1,"next":"10.0.0.1","via":"2001:db8::1","vipv6":"fe80::1","peer_addr":"::ffff:1.2.3.4",
        "address":"127.0.0.1","mac":"02:00:00:00:00:01","payload":[1,2,3,4],"ports":[80,443],"names":["ab","cdef"],
        "ip4":"32.1.13.184","ip6":"2001:db8::2","states":["OPEN","IDLE"]}
        """#

    @Test func addressesComeBackAsTheyWereGiven() throws {
        let api = try service()
        let batch = #"{"operations":[{"op":"put","key":\#(Self.key),"value":\#(Self.value)}]}"#
        let put = try api.call("POST", "/v1/maps/p.sessions/batch", json: batch)
        #expect(put.int("failed") == 0, "\(put.text)")
        let entry = try api.call("GET", "/v1/maps/p.sessions/entries")
        let item = try #require((entry["items"] as? [[String: Any]])?.first)
        for (name, text) in [("key", Self.key), ("value", Self.value)] {
            let given = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSDictionary
            #expect(item[name] as? NSDictionary == given, "\(entry.text)")
        }
        // Network order in memory.
        let hex = try #require(item["hex"] as? [String: String])
        #expect(hex["key"] == "0xc0000201c63364ff01bb068d")
        #expect(hex["value"]?.hasPrefix("0x01020304010000000a00000120010db8000000000000000000000001") == true)
    }

    @Test func keysThatAreNoMembersTakeAddressesToo() throws {
        let api = try service()
        let put = try api.call(
            "POST", "/v1/maps/p.map/batch",
            json: #"{"operations":[{"op":"put","key":"10.0.0.1","value":"::1"},{"op":"get","key":167772161}]}"#)
        #expect(put.int("failed") == 0, "\(put.text)")
        #expect(put.string("results.1.value") == "::1")
    }

    @Test func constantsTakeAddresses() throws {
        let api = try service(#"{"constants":{"gateway":"10.0.0.1"}}"#)
        let entries = try api.call("GET", "/v1/maps/p.rodata/entries")
        #expect(entries.text.contains(#"{"gateway":"10.0.0.1"}"#), "\(entries.text)")
    }

    @Test(arguments: [
        (#""saddr":"192.0.2""#, "saddr"), (#""saddr":"192.0.2.256""#, "saddr"), (#""saddr":"::1""#, "saddr"),
        (#""saddr":"""#, "saddr"), (#""saddr":4294967296"#, "saddr"), (#""saddr":[192,0,2]"#, "saddr"),
        (#""saddr":"192.0.2.1\u0000""#, "saddr"), (#""saddr":null"#, "saddr"), (#""saddr":1.5"#, "saddr"),
    ])
    func whatIsNoAddressIsRefused(member: String, name: String) throws {
        let api = try service()
        let key = Self.key.replacingOccurrences(of: #""saddr":"192.0.2.1""#, with: member)
        let reply = try api.call("POST", "/v1/maps/p.sessions/lookup", json: #"{"key":\#(key)}"#)
        #expect(reply.status == 422, "\(reply.text)")
        #expect(reply.string("errors.0.pointer") == "/key/\(name)")
    }

    @Test func theSchemaSaysWhatIsAnAddress() throws {
        let api = try service()
        let schema = try api.call("GET", "/v1/maps/p.sessions")
        let members = try #require(schema["status.schema.value.members"] as? [[String: Any]])
        let kinds = members.map { ($0["type"] as? [String: Any])?["kind"] as? String }
        #expect(
            kinds == [
                "int", "int", "ip", "ip", "ip", "ip", "ip", "mac", "array", "array", "array", "ip", "ip", "array",
            ])
    }

    @Test(
        arguments: [
            ("192.0.2.1", [192, 0, 2, 1]), ("::", [UInt8](repeating: 0, count: 16)), ("1.2.3", nil), ("01.2.3.4", nil),
            ("1.2.3.4 ", nil), ("1.2.3.4/8", nil), (":::", nil), ("fe80::1%lo", nil), ("", nil),
        ] as [(String, [UInt8]?)])
    func text(text: String, bytes: [UInt8]?) {
        #expect(IPAddress.bytes(text) == bytes)
        if let bytes { #expect(IPAddress.text(bytes) == text) }
    }
}
