import Foundation
import Testing

@testable import ControlAPI

struct EntryTests {
    private static let value = #"""
        {"small":255,"negative":-128,"ethertype":2048,"count":4294967295,"wide":"18446744073709551615",
        "wide_negative":"-9223372036854775808","low":7,"middle":-16,"high":16777215,"colour":"BLUE","level":"LOW",
        "name":"swale","list":[1,2,65535],"flag":true,"inner":513,"either":{"word":16909060,"octets":[4,3,2,1]},
        "nested":[{"mac":"02:00:00:00:00:01","vlan":1},{"mac":"ff:ff:ff:ff:ff:ff","vlan":4095}],"ratio":0.5}
        """#

    private func service() throws -> TestService {
        let api = try TestService()
        let reply = try api.putProgram("p", try Fixture.types.get())
        #expect(reply.status == 201, "\(reply.text)")
        return api
    }

    @Test func everyKindOfTypeComesBackAsItWasGiven() throws {
        let api = try service()
        let url = "/v1/maps/p.table/entries/0x0200000000010a00"
        let put = try api.call("PUT", url, json: #"{"value":\#(Self.value)}"#)
        #expect(put.status == 201, "\(put.text)")
        #expect(put.headers["location"] == url)
        let got = try api.call("GET", url)
        #expect(got.string("key.mac") == "02:00:00:00:00:01")
        #expect(got.int("key.vlan") == 10)
        let expected = try JSONSerialization.jsonObject(with: Data(Self.value.utf8)) as? NSDictionary
        #expect(got["value"] as? NSDictionary == expected, "\(got.text)")
        // The network's bytes, and the bit fields where the compiler has them.
        let hex = try #require(got.string("hex.value"))
        #expect(hex.hasPrefix("0xff800800ffffffffffffffffffffffff0000000000000080"))
        // What was read can be written back.
        let back = try api.call("PUT", url, body: nil)
        #expect(back.status == 400)
        let again = try api.call("PUT", url, json: got.text)
        #expect(again.status == 200, "\(again.text)")
        #expect(again.string("hex.value") == hex)
        let raw = try api.call("PUT", url + "?format=hex", json: #"{"value":"\#(hex)"}"#)
        #expect(raw.status == 200)
        #expect(raw.string("value") == hex)
    }

    @Test func lookupByTypedKey() throws {
        let api = try service()
        _ = try api.call("PUT", "/v1/maps/p.fdb/entries/0x020000000001", json: #"{"value":3}"#)
        let found = try api.call("POST", "/v1/maps/p.fdb/lookup", json: #"{"key":"02:00:00:00:00:01"}"#)
        #expect(found.status == 200)
        #expect(found.int("value") == 3)
        #expect(found.string("hex.value") == "0x03000000")
        let absent = try api.call("POST", "/v1/maps/p.fdb/lookup", json: #"{"key":"02:00:00:00:00:02"}"#)
        #expect(absent.status == 404)
        #expect(absent.problem == "no-such-entry")
    }

    /// An LRU map makes room by itself, where others are full.
    @Test(arguments: [("lru_hash", 201, 4), ("lru_percpu_hash", 201, 4), ("hash", 409, 4), ("percpu_hash", 409, 4)])
    func aFullMap(type: String, status: Int, entries: Int) throws {
        let api = try TestService()
        let spec = #"{"type":"\#(type)","keySize":4,"valueSize":8,"maxEntries":4}"#
        #expect(try api.call("PUT", "/v1/maps/m", json: spec).status == 201)
        let value = type.contains("percpu") ? #"{"value":["0x0100000000000000"]}"# : #"{"value":"0x0100000000000000"}"#
        for key in 1...4 {
            let reply = try api.call("PUT", "/v1/maps/m/entries/0x0\(key)000000", json: value)
            #expect(reply.status == 201, "\(reply.text)")
        }
        #expect(try api.call("PUT", "/v1/maps/m/entries/0x05000000", json: value).status == status)
        #expect(try api.call("GET", "/v1/maps/m").int("status.entries") == entries)
        #expect(try api.call("GET", "/v1/maps/m/entries/0x05000000").status == (status == 201 ? 200 : 404))
    }

    /// Networks of 10.0.0.0/8 and 10.1.0.0/16; a host is looked up, and finds the longer one that has it.
    @Test func aTrieFindsTheLongestPrefix() throws {
        let api = try TestService()
        let spec = #"{"type":"lpm_trie","keySize":8,"valueSize":4,"maxEntries":8,"flags":["no_prealloc"]}"#
        #expect(try api.call("PUT", "/v1/maps/t", json: spec).status == 201)
        for (key, value) in [("0x080000000a000000", "0x08000000"), ("0x100000000a010000", "0x10000000")] {
            #expect(try api.call("PUT", "/v1/maps/t/entries/\(key)", json: #"{"value":"\#(value)"}"#).status == 201)
        }
        for (host, value) in [("0a010203", "0x10000000"), ("0a020304", "0x08000000")] {
            let found = try api.call("POST", "/v1/maps/t/lookup", json: #"{"key":"0x20000000\#(host)"}"#)
            #expect(found.string("value") == value, "\(found.text)")
        }
        #expect(try api.call("POST", "/v1/maps/t/lookup", json: #"{"key":"0x200000000b010203"}"#).status == 404)
        #expect(try api.call("DELETE", "/v1/maps/t/entries/0x100000000a010000").status == 204)
        let left = try api.call("POST", "/v1/maps/t/lookup", json: #"{"key":"0x200000000a010203"}"#)
        #expect(left.string("value") == "0x08000000")
    }

    /// Whatever is wrong with a key is told before the first change, and in a dry run.
    @Test func aPrefixThatIsTooLongChangesNothing() throws {
        let api = try TestService()
        let spec = #"{"type":"lpm_trie","keySize":8,"valueSize":4,"maxEntries":8,"flags":["no_prealloc"]}"#
        #expect(try api.call("PUT", "/v1/maps/t", json: spec).status == 201)
        let entries = "/v1/maps/t/entries"
        #expect(try api.call("PUT", entries + "/0x080000000a000000", json: #"{"value":"0x01000000"}"#).status == 201)
        func content(_ keys: String...) -> String {
            "{\"items\":[" + keys.map { #"{"key":"\#($0)","value":"0x02000000"}"# }.joined(separator: ",") + "]}"
        }
        let bad = content("0x080000000b000000", "0x210000000b000000")
        for query in ["", "?dryRun=true"] {
            #expect(try api.call("PUT", entries + query, json: bad).status == 422)
            let one = entries + "/0x210000000b000000" + query
            #expect(try api.call("PUT", one, json: #"{"value":"0x02000000"}"#).status == 422)
            // The same prefix, however its other bits are.
            let twice = content("0x080000000b000000", "0x080000000b010000")
            #expect(try api.call("PUT", entries + query, json: twice).status == 422)
        }
        let left = try api.call("GET", entries)
        #expect(left.string("items.0.key") == "0x080000000a000000")
        #expect(left["items.1"] == nil)
        #expect(try api.call("PUT", entries, json: content("0x080000000bffffff")).status == 200)
        #expect(try api.call("GET", entries).string("items.0.key") == "0x080000000b000000")
    }

    @Test(arguments: [
        (#"{"value":1.5}"#, "/value"), (#"{"value":-1}"#, "/value"), (#"{"value":4294967296}"#, "/value"),
        (#"{"value":"abc"}"#, "/value"), (#"{"value":null}"#, "/value"), (#"{"value":[]}"#, "/value"),
        (#"{"value":1,"more":2}"#, "/more"), (#"{}"#, ""), (#"[1]"#, ""),
        (#"{"key":"02:00:00:00:00:02","value":1}"#, "/key"), (#"{"key":"02:00","value":1}"#, "/key"),
    ])
    func wrongValuesAreRefusedWithTheirPlace(body: String, pointer: String) throws {
        let api = try service()
        let reply = try api.call("PUT", "/v1/maps/p.fdb/entries/0x020000000001", json: body)
        #expect(reply.status == 422, "\(reply.text)")
        #expect(reply.string("errors.0.pointer") == pointer)
        #expect(try api.call("GET", "/v1/maps/p.fdb/entries").count("items") == 0)
    }

    @Test(arguments: [
        (#""small":255"#, #""small":256"#, "/value/small"), (#""low":7"#, #""low":8"#, "/value/low"),
        (#""middle":-16"#, #""middle":16"#, "/value/middle"),
        (#""colour":"BLUE""#, #""colour":"PINK""#, "/value/colour"),
        (#""name":"swale""#, #""name":"too long for it""#, "/value/name"),
        (#""list":[1,2,65535]"#, #""list":[1,2]"#, "/value/list"),
        (#""word":16909060"#, #""word":1"#, "/value/either"),
        (#""either":{"word":16909060,"octets":[4,3,2,1]}"#, #""either":{}"#, "/value/either"),
        (#""inner":513,"#, "", "/value"), (#""vlan":1}"#, #""vlan":1,"x":0}"#, "/value/nested/0/x"),
        (#""flag":true"#, #""flag":1"#, "/value/flag"),
        (#""wide":"18446744073709551615""#, #""wide":"18446744073709551616""#, "/value/wide"),
    ])
    func wrongMembersAreRefusedWithTheirPlace(given: String, wrong: String, pointer: String) throws {
        let api = try service()
        let body = Self.value.replacingOccurrences(of: given, with: wrong)
        #expect(body != Self.value)
        let reply = try api.call("PUT", "/v1/maps/p.table/entries/0x0200000000010a00", json: #"{"value":\#(body)}"#)
        #expect(reply.status == 422, "\(reply.text)")
        #expect(reply.string("errors.0.pointer") == pointer)
    }

    @Test func aUnionTakesOneOfItsMembers() throws {
        let api = try service()
        let body = Self.value.replacingOccurrences(of: #""word":16909060,"#, with: "")
        let reply = try api.call("PUT", "/v1/maps/p.table/entries/0x0200000000010a00", json: #"{"value":\#(body)}"#)
        #expect(reply.int("value.either.word") == 16_909_060, "\(reply.text)")
    }

    @Test func numbersAreExactToTheLastBit() throws {
        let api = try service()
        for text in ["18446744073709551615", "9007199254740993", "9223372036854775809", "0"] {
            for literal in [text, "\"\(text)\""] {
                let reply = try api.call(
                    "PUT", "/v1/maps/p.counters/entries/0x01000000?percpu=sum", json: #"{"value":\#(literal)}"#)
                #expect(reply.status == 200, "\(reply.text)")
                #expect(try api.call("GET", "/v1/maps/p.counters/entries/0x01000000").string("value.0") == text)
            }
        }
    }

    @Test func perCPUValuesAreArraysOrSums() throws {
        let api = try service()
        let url = "/v1/maps/p.counters/entries/0x00000000"
        #expect(try api.call("PUT", url, json: #"{"value":["5"]}"#).status == 200)
        #expect(try api.call("GET", url).string("value.0") == "5")
        #expect(try api.call("GET", url + "?percpu=sum").string("value") == "5")
        #expect(try api.call("GET", url + "?percpu=sum&format=hex").string("value") == "0x0500000000000000")
        #expect(try api.call("PUT", url, json: #"{"value":5}"#).status == 422)
        #expect(try api.call("PUT", url, json: #"{"value":[1,2]}"#).status == 422)
        #expect(try api.call("GET", url + "?percpu=some").problem == "invalid-parameter")
    }

    @Test func preconditionsAreBPFFlags() throws {
        let api = try service()
        let url = "/v1/maps/p.fdb/entries/0x020000000001"
        let exist = try api.call("PUT", url, ["If-Match": "*"], json: #"{"value":1}"#)
        #expect(exist.status == 412)
        #expect(exist.problem == "no-such-entry")
        let created = try api.call("PUT", url, ["If-None-Match": "*"], json: #"{"value":1}"#)
        #expect(created.status == 201)
        let twice = try api.call("PUT", url, ["If-None-Match": "*"], json: #"{"value":2}"#)
        #expect(twice.status == 412)
        #expect(twice.problem == "exists")
        #expect(try api.call("GET", url).int("value") == 1)
        let tag = try #require(created.headers["etag"])
        #expect(try api.call("PUT", url, ["If-Match": tag], json: #"{"value":3}"#).status == 200)
        #expect(try api.call("PUT", url, ["If-Match": tag], json: #"{"value":4}"#).status == 412)
        #expect(try api.call("PUT", url, ["If-Match": "*"], json: #"{"value":5}"#).status == 200)
        #expect(try api.call("DELETE", url, ["If-Match": tag]).status == 412)
        #expect(try api.call("DELETE", url).status == 204)
        #expect(try api.call("DELETE", url).status == 404)
    }

    @Test func aFullMapIsAConflict() throws {
        let api = try service()
        for index in 1...4 {
            let reply = try api.call("PUT", "/v1/maps/p.fdb/entries/0x02000000000\(index)", json: #"{"value":1}"#)
            #expect(reply.status == 201)
        }
        let url = "/v1/maps/p.fdb/entries/0x020000000005"
        #expect(try api.call("PUT", url + "?dryRun=true", json: #"{"value":1}"#).problem == "map-full")
        #expect(try api.call("PUT", url, json: #"{"value":1}"#).problem == "map-full")
        #expect(try api.call("GET", "/v1/maps/p.fdb").int("status.entries") == 4)
    }

    @Test func arraysHaveAllTheirElements() throws {
        let api = try service()
        #expect(try api.call("GET", "/v1/maps/p.array/entries").count("items") == 8)
        #expect(try api.call("DELETE", "/v1/maps/p.array/entries/0x00000000").status == 422)
        #expect(try api.call("DELETE", "/v1/maps/p.array/entries").status == 422)
        #expect(try api.call("GET", "/v1/maps/p.array/entries/0x08000000").status == 404)
        #expect(try api.call("PUT", "/v1/maps/p.array/entries/0x08000000", json: #"{"value":1}"#).status == 422)
        #expect(try api.call("PUT", "/v1/maps/p.array/entries/0x07000000", json: #"{"value":1}"#).status == 200)
        #expect(try api.call("GET", "/v1/maps/p.array/entries/0x0700").problem == "invalid-parameter")
    }

    @Test func readOnlyDataStaysAsItIs() throws {
        let api = try service()
        let url = "/v1/maps/p.rodata/entries/0x00000000"
        let value = try api.call("GET", url)
        #expect(value.int("value.egress") == 254)
        #expect(try api.call("PUT", url, json: value.text).problem == "read-only")
        #expect(try api.call("GET", "/v1/maps/p.rodata")["status.readOnly"] as? Bool == true)
        #expect(try api.call("PUT", "/v1/maps/p.bss/entries/0x00000000", json: #"{"value":{"runs":9}}"#).status == 200)
    }

    @Test func pagesEndAndHoldEverything() throws {
        let api = try TestService()
        let spec = #"{"type":"hash","keySize":4,"valueSize":4,"maxEntries":1000}"#
        _ = try api.call("PUT", "/v1/maps/m", json: spec)
        let lines = (0..<700).map { #"{"key":"0x0000\#(String(format: "%04x", $0))","value":"0x00000000"}"# }
        let put = try api.call(
            "PUT", "/v1/maps/m/entries", ["Content-Type": "application/x-ndjson"],
            json: lines.joined(separator: "\n"))
        #expect(put.int("entries") == 700, "\(put.text)")
        var keys: Set<String> = []
        var target = "/v1/maps/m/entries?limit=64"
        var pages = 0
        while true {
            let page = try api.call("GET", target)
            #expect(page.status == 200)
            for item in page["items"] as? [[String: String]] ?? [] {
                #expect(keys.insert(item["key"] ?? "").inserted)
            }
            pages += 1
            guard let next = page.string("next") else { break }
            target = "/v1/maps/m/entries?limit=64&cursor=\(next)"
        }
        #expect(keys.count == 700)
        #expect(pages == 11)
        let dump = try api.call("GET", "/v1/maps/m/entries", ["Accept": "application/x-ndjson"])
        #expect(dump.headers["content-type"] == "application/x-ndjson")
        #expect(Set(dump.text.split(separator: "\n")).count == 700)
        let some = try api.call("GET", "/v1/maps/m/entries?limit=3", ["Accept": "application/x-ndjson"])
        #expect(some.text.split(separator: "\n").count == 3)
        for cursor in ["x", "-1", "99999999999999999999"] {
            #expect(try api.call("GET", "/v1/maps/m/entries?cursor=\(cursor)").status == 400)
        }
        #expect(try api.call("GET", "/v1/maps/m/entries?cursor=9223372036854775807").count("items") == 0)
    }

    @Test func linesAreReadHoweverTheyAreWritten() throws {
        let api = try TestService()
        _ = try api.call("PUT", "/v1/maps/m", json: #"{"type":"array","keySize":4,"valueSize":2,"maxEntries":3}"#)
        func put(_ lines: String) throws -> Reply {
            try api.call("PUT", "/v1/maps/m/entries", ["Content-Type": "application/x-ndjson"], json: lines)
        }
        let good =
            "{\"key\":\"0x00000000\",\"value\":\"0xAbcd\"}\r\n\n{ \"value\": \"0x0102\", \"key\": \"0x02000000\" }"
        #expect(try put(good).int("entries") == 2)
        let dump = try api.call("GET", "/v1/maps/m/entries", ["Accept": "application/x-ndjson"])
        #expect(
            dump.text == """
                {"key":"0x00000000","value":"0xabcd"}
                {"key":"0x01000000","value":"0x0000"}
                {"key":"0x02000000","value":"0x0102"}

                """)
        let page = try api.call("GET", "/v1/maps/m/entries?limit=2")
        #expect(page.string("items.1.value") == "0x0000")
        let line = "{\"key\":\"0x00000000\",\"value\":\"0x0000\"}\n"
        #expect(try put(line + line).string("errors.0.pointer") == "/1/key")
        for wrong in [
            "{\"key\":\"0x03000000\",\"value\":\"0x0000\"}", "{\"key\":\"0x000000\",\"value\":\"0x0000\"}",
            "{\"key\":\"0x00000001\",\"value\":\"0x00\"}", "{\"key\":\"0x0000000g\",\"value\":\"0x0000\"}",
            "{\"key\":\"0x00000001\",\"value\":\"0x0000\"}x", "{\"key\":\"0x00000001\"}",
        ] {
            let reply = try put(wrong)
            #expect(reply.status == 422 || reply.status == 400, "\(wrong): \(reply.text)")
        }
        #expect(try api.call("GET", "/v1/maps/m/entries").string("items.0.value") == "0xabcd")
    }

    @Test func perCPUValuesInADump() throws {
        let api = try service()
        _ = try api.call("PUT", "/v1/maps/p.counters/entries/0x01000000?percpu=sum", json: #"{"value":258}"#)
        let dump = try api.call("GET", "/v1/maps/p.counters/entries?format=hex", ["Accept": "application/x-ndjson"])
        #expect(
            dump.text.split(separator: "\n").dropFirst().first
                == #"{"key":"0x01000000","value":["0x0201000000000000"]}"#)
        let typed = try api.call("GET", "/v1/maps/p.counters/entries", ["Accept": "application/x-ndjson"])
        #expect(typed.text.contains(#"{"key":1,"value":["258"],"hex":{"key":"0x01000000","#))
    }

    @Test func putOfAllEntriesSwapsTheContent() throws {
        let api = try service()
        let url = "/v1/maps/p.fdb/entries"
        let first = #"{"items":[{"key":"02:00:00:00:00:01","value":1},{"key":"02:00:00:00:00:02","value":2}]}"#
        #expect(try api.call("PUT", url, json: first).int("entries") == 2)
        let twice = #"{"items":[{"key":"02:00:00:00:00:01","value":1},{"key":"02:00:00:00:00:01","value":2}]}"#
        #expect(try api.call("PUT", url, json: twice).string("errors.0.pointer") == "/items/1/key")
        let many = (1...5).map { #"{"key":"02:00:00:00:00:0\#($0)","value":1}"# }.joined(separator: ",")
        #expect(try api.call("PUT", url, json: #"{"items":[\#(many)]}"#).problem == "map-full")
        let dry = try api.call("PUT", url + "?dryRun=true", json: #"{"items":[]}"#)
        #expect(dry.headers["swale-dry-run"] == "true")
        #expect(try api.call("GET", url).count("items") == 2)
        let second = #"{"items":[{"key":"02:00:00:00:00:02","value":7}]}"#
        #expect(try api.call("PUT", url, json: second).status == 200)
        let after = try api.call("GET", url)
        #expect(after.count("items") == 1)
        #expect(after.int("items.0.value") == 7)
        #expect(try api.call("DELETE", url).status == 204)
        #expect(try api.call("GET", url).count("items") == 0)
        // Elements of an array that are not given are zero.
        _ = try api.call("PUT", "/v1/maps/p.array/entries/0x01000000", json: #"{"value":1}"#)
        _ = try api.call("PUT", "/v1/maps/p.array/entries", json: #"{"items":[{"key":2,"value":5}]}"#)
        let array = try api.call("GET", "/v1/maps/p.array/entries")
        #expect((array["items"] as? [[String: Any]])?.map { $0["value"] as? Int } == [0, 0, 5, 0, 0, 0, 0, 0])
    }

    @Test func aBatchAnswersForEachOperation() throws {
        let api = try service()
        let reply = try api.call(
            "POST", "/v1/maps/p.fdb/batch",
            json: #"""
                {"operations":[{"op":"put","key":"02:00:00:00:00:01","value":1},
                {"op":"put","key":"02:00:00:00:00:01","value":2,"mode":"noexist"},
                {"op":"put","key":"02:00:00:00:00:02","value":2,"mode":"exist"},
                {"op":"get","key":"02:00:00:00:00:01"},{"op":"delete","key":"02:00:00:00:00:01"},
                {"op":"get","key":"02:00:00:00:00:01"}]}
                """#)
        #expect(reply.status == 200, "\(reply.text)")
        let statuses = (reply["results"] as? [[String: Any]])?.map { $0["status"] as? Int }
        #expect(statuses == [200, 412, 412, 200, 204, 404])
        #expect(reply.int("results.3.value") == 1)
        #expect(reply.int("failed") == 3)
        let wrong =
            #"{"operations":[{"op":"put","key":"02:00:00:00:00:01","value":1},{"op":"put","key":"x","value":1}]}"#
        let refused = try api.call("POST", "/v1/maps/p.fdb/batch", json: wrong)
        #expect(refused.string("errors.0.pointer") == "/operations/1/key")
        #expect(try api.call("GET", "/v1/maps/p.fdb/entries").count("items") == 0)
    }

    /// A few kilobytes must not ask for gigabytes.
    @Test func aBatchIsBoundedInWhatItReads() throws {
        let api = try TestService()
        let spec = #"{"type":"array","keySize":4,"valueSize":1048576,"maxEntries":1}"#
        #expect(try api.call("PUT", "/v1/maps/big", json: spec).status == 201)
        func reads(_ count: Int) throws -> Int {
            let operations = [String](repeating: #"{"op":"get","key":"0x00000000"}"#, count: count)
            return try api.call(
                "POST", "/v1/maps/big/batch", json: #"{"operations":["# + operations.joined(separator: ",") + "]}"
            ).status
        }
        #expect(try reads(2) == 200)
        #expect(try reads(17) == 422)
    }

    @Test func mapsWithoutTypesAreHex() throws {
        let api = try TestService()
        #expect(try api.putProgram("c", try Fixture.packetCount.get()).status == 201)
        let map = try api.call("GET", "/v1/maps/c.protocols")
        #expect(map["status.schema"] == nil)
        let page = try api.call("GET", "/v1/maps/c.protocols/entries?limit=1")
        #expect(page.string("items.0.value.0") == "0x0000000000000000")
        #expect(try api.call("GET", "/v1/maps/c.protocols/entries?format=typed").problem == "unsupported")
        let sum = try api.call("GET", "/v1/maps/c.protocols/entries?percpu=sum&limit=1")
        #expect(sum.string("items.0.value") == "0x0000000000000000")
    }
}
