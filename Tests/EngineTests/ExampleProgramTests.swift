import Engine
import Maps
import Object
import Testing

/// The programs in examples/ decide as their comments say, whatever the compiler makes of them.
@Suite struct ExampleProgramTests {
    static let options = [
        ["-O2"], ["-O1"], ["-O3"], ["-Os"], ["-O2", "-mcpu=v1"], ["-O2", "-mcpu=v2"], ["-O2", "-mcpu=v4"],
    ]
    private static let broadcast: UInt64 = 254
    private static let drop: UInt64 = 255

    /// One example, loaded, and run on one frame at a time in the slot of worker 0.
    private struct Example {
        let object: LoadedObject
        let program: Program

        init(
            _ name: String, _ options: [String], type: ProgramType = .vale, constants: [(String, [UInt8])] = []
        ) throws {
            var load = LoadOptions()
            load.constants = constants
            object = try LoadedObject(
                elf: ExampleObject.compile(name, options), options: load, domain: WorkerDomain(), trace: TraceLog())
            program = try object.program(type: type)
        }

        func run(_ frame: [UInt8], port: UInt32 = 0) -> UInt64 {
            var frame = frame
            return frame.withUnsafeMutableBytes { bytes in
                let start = bytes.baseAddress ?? UnsafeMutableRawPointer(bitPattern: 4096)!
                var context = FrameContext(data: start, length: bytes.count, ingressPort: port)
                var result = RunResult(value: 0, fault: .none)
                program.executable.run(&context, count: 1, results: &result, slot: 0)
                #expect(result.fault == .none)
                return result.value
            }
        }

        func map(_ name: String) throws -> Map {
            try #require(object.maps.first { $0.definition.name == name }).map
        }

        /// A little-endian number in the first bytes of a value.
        func number(_ map: String, _ key: [UInt8], bytes: Int = 8) throws -> UInt64 {
            try self.map(map).lookup(key).prefix(bytes).reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    private static func mac(_ last: UInt8) -> [UInt8] { [2, 0, 0, 0, 0, last] }
    private static let everyone = [UInt8](repeating: 0xff, count: 6)

    private static func frame(
        to: [UInt8], from: [UInt8], vlan: UInt16? = nil, type: UInt16 = 0x88b5,
        payload: [UInt8] = [UInt8](repeating: 0, count: 46)
    ) -> [UInt8] {
        let tag: [UInt8] = vlan.map { [0x81, 0, UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] } ?? []
        return to + from + tag + [UInt8(type >> 8), UInt8(truncatingIfNeeded: type)] + payload
    }

    private static func ipv4(protocol number: UInt8, from address: [UInt8]) -> [UInt8] {
        [0x45, 0, 0, 20, 0, 0, 0, 0, 64, number, 0, 0] + address + [192, 0, 2, 99]
    }

    @Test(arguments: options) func nologicIsAHub(_ options: [String]) throws {
        let example = try Example("nologic", options)
        #expect(example.run(Self.frame(to: Self.mac(1), from: Self.mac(2))) == Self.broadcast)
        #expect(example.run([1]) == Self.broadcast)
    }

    @Test(arguments: options) func protocolsAreCounted(_ options: [String]) throws {
        let example = try Example("pkt_count", options)
        func send(_ type: UInt16, _ payload: [UInt8]) {
            let frame = Self.frame(to: Self.mac(1), from: Self.mac(2), type: type, payload: payload)
            #expect(example.run(frame) == Self.broadcast)
        }
        for _ in 0..<3 { send(0x0800, Self.ipv4(protocol: 6, from: [10, 0, 0, 1])) }
        send(0x0800, Self.ipv4(protocol: 17, from: [10, 0, 0, 1]))
        send(0x86dd, [0x60, 0, 0, 0, 0, 0, 58, 64] + [UInt8](repeating: 0, count: 32))
        send(0x0806, [UInt8](repeating: 0, count: 28))
        send(0x0800, [0x45, 0])
        #expect(example.run([1, 2, 3]) == Self.broadcast)
        func count(_ number: UInt8) throws -> UInt64 { try example.number("protocols", [number, 0, 0, 0]) }
        #expect(try count(6) == 3)
        #expect(try count(17) == 1)
        #expect(try count(58) == 1)
        #expect(try count(255) == 3)
    }

    @Test(arguments: options, ["vale_bridge", "learning_bridge", "vlan_bridge"])
    func bridgesLearn(_ options: [String], _ name: String) throws {
        let bridge = try Example(name, options)
        let (one, two) = (Self.mac(1), Self.mac(2))
        #expect(bridge.run(Self.frame(to: two, from: one), port: 3) == Self.broadcast)
        #expect(bridge.run(Self.frame(to: one, from: two), port: 5) == 3)
        #expect(bridge.run(Self.frame(to: two, from: one), port: 3) == 5)
        // A host that moves is followed.
        #expect(bridge.run(Self.frame(to: Self.everyone, from: one), port: 7) == Self.broadcast)
        #expect(bridge.run(Self.frame(to: one, from: two), port: 5) == 7)
        // Group addresses are no hosts, cut frames none at all.
        #expect(bridge.run(Self.frame(to: two, from: [1, 0, 0, 0, 0, 9]), port: 1) == 5)
        #expect(bridge.run(Self.frame(to: [1, 0, 0, 0, 0, 9], from: two), port: 5) == Self.broadcast)
        #expect(bridge.run([UInt8](repeating: 0, count: 13)) == Self.drop)
    }

    @Test func learningBridgeKeepsATable() throws {
        let bridge = try Example("learning_bridge", ["-O2"])
        _ = bridge.run(Self.frame(to: Self.everyone, from: Self.mac(9)), port: 4)
        let value = try bridge.map("fdb").lookup(Self.mac(9))
        #expect(value.count == 16 && value[8] == 4 && value[..<8].contains { $0 != 0 })
    }

    /// A place belongs to whoever was seen last: two addresses with one hash take turns.
    @Test func valeBridgeReplacesByHash() throws {
        let bridge = try Example("vale_bridge", ["-O2"])
        var places: [[UInt8]: [UInt8]] = [:]
        var pair: ([UInt8], [UInt8])?
        for number in 1...200 where pair == nil {
            let address = [2, 0, 0, 0, UInt8(number >> 8), UInt8(number & 0xff)]
            let before = try filled(bridge)
            _ = bridge.run(Self.frame(to: Self.everyone, from: address), port: 1)
            let place = try filled(bridge).subtracting(before).first
            if let place { places[place] = address } else { pair = (address, try owner(of: address, bridge, places)) }
        }
        let (later, earlier) = try #require(pair)
        #expect(bridge.run(Self.frame(to: earlier, from: Self.mac(0xff)), port: 2) == Self.broadcast)
        #expect(bridge.run(Self.frame(to: later, from: Self.mac(0xff)), port: 2) == 1)
    }

    private func filled(_ bridge: Example) throws -> Set<[UInt8]> {
        let map = try bridge.map("addresses")
        var keys: Set<[UInt8]> = []
        for index in 0..<1024 {
            let key = [UInt8(index & 0xff), UInt8(index >> 8), 0, 0]
            if try map.lookup(key).contains(where: { $0 != 0 }) { keys.insert(key) }
        }
        return keys
    }

    /// Whose place `address` has taken.
    private func owner(
        of address: [UInt8], _ bridge: Example, _ places: [[UInt8]: [UInt8]]
    ) throws -> [UInt8] {
        let map = try bridge.map("addresses")
        let number = [UInt8](address.reversed()) + [0, 0]
        for (place, owner) in places where try map.lookup(place).prefix(8).elementsEqual(number) { return owner }
        throw ExampleObject.Failure(description: "no place is that of \(address)")
    }

    @Test func addressesAge() throws {
        let bridge = try Example("learning_bridge", ["-O2"], constants: [("ageing_seconds", [1, 0, 0, 0])])
        _ = bridge.run(Self.frame(to: Self.everyone, from: Self.mac(1)), port: 4)
        let fdb = try bridge.map("fdb")
        var value = try fdb.lookup(Self.mac(1))
        #expect(bridge.run(Self.frame(to: Self.mac(1), from: Self.mac(2)), port: 5) == 4)
        value.replaceSubrange(0..<8, with: [UInt8](repeating: 0, count: 8))
        try fdb.update(Self.mac(1), value)
        #expect(bridge.run(Self.frame(to: Self.mac(1), from: Self.mac(2)), port: 5) == Self.broadcast)
        #expect(throws: MapError.self) { try fdb.lookup(Self.mac(1)) }
    }

    @Test(arguments: options) func vlansAreApart(_ options: [String]) throws {
        let bridge = try Example("vlan_bridge", options)
        let (one, two) = (Self.mac(1), Self.mac(2))
        _ = bridge.run(Self.frame(to: Self.everyone, from: one, vlan: 10), port: 3)
        _ = bridge.run(Self.frame(to: Self.everyone, from: one, vlan: 20), port: 4)
        #expect(bridge.run(Self.frame(to: one, from: two, vlan: 10), port: 5) == 3)
        #expect(bridge.run(Self.frame(to: one, from: two, vlan: 20), port: 5) == 4)
        #expect(bridge.run(Self.frame(to: one, from: two, vlan: 30), port: 5) == Self.broadcast)
        #expect(bridge.run(Self.frame(to: one, from: two), port: 5) == Self.broadcast)
        // Untagged frames are in the port's own VLAN; priority tags are no VLAN.
        try bridge.map("pvid").update([5, 0, 0, 0], [10, 0])
        #expect(bridge.run(Self.frame(to: one, from: two), port: 5) == 3)
        #expect(bridge.run(Self.frame(to: one, from: two, vlan: 0xe000), port: 5) == 3)
        #expect(bridge.run(Array(Self.frame(to: one, from: two, vlan: 10)[..<16]), port: 5) == Self.drop)
    }

    @Test(arguments: options) func vlanMembersAreFiltered(_ options: [String]) throws {
        let bridge = try Example("vlan_bridge", options, constants: [("filtering", [1])])
        let (one, two) = (Self.mac(1), Self.mac(2))
        let members = try bridge.map("members")
        try members.update([10, 0, 3, 0], [1])
        try members.update([10, 0, 5, 0], [1])
        #expect(bridge.run(Self.frame(to: Self.everyone, from: one, vlan: 10), port: 3) == Self.broadcast)
        #expect(bridge.run(Self.frame(to: one, from: two, vlan: 10), port: 4) == Self.drop)
        #expect(bridge.run(Self.frame(to: one, from: two, vlan: 10), port: 5) == 3)
        try members.delete([10, 0, 3, 0])
        #expect(bridge.run(Self.frame(to: one, from: two, vlan: 10), port: 5) == Self.drop)
    }

    @Test(arguments: options) func mirrorCopiesAndCounts(_ options: [String]) throws {
        let tap = try Example("port_mirror", options, constants: [("monitor_port", [7, 0, 0, 0])])
        let frame = Self.frame(to: Self.mac(1), from: Self.mac(2))
        #expect(tap.run(frame, port: 0) == Self.broadcast)
        #expect(tap.run(frame, port: 2) == Self.broadcast)
        #expect(tap.run(frame, port: 7) == Self.drop)
        let counters = Set(
            [0, 8].map { offset -> UInt64 in
                let value = (try? tap.map(".bss").lookup([0, 0, 0, 0])) ?? []
                return value.dropFirst(offset).prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
            })
        #expect(counters == [2, UInt64(2 * frame.count)])
    }

    @Test(arguments: options) func filterBlocksPrefixes(_ options: [String]) throws {
        let filter = try Example("xdp_filter", options, type: .xdp)
        let (dropped, passed): (UInt64, UInt64) = (1, 2)
        func send(_ address: [UInt8]) -> UInt64 {
            let packet = Self.ipv4(protocol: 6, from: address)
            return filter.run(Self.frame(to: Self.mac(1), from: Self.mac(2), type: 0x0800, payload: packet))
        }
        let blocked = try filter.map("blocked")
        let zero = [UInt8](repeating: 0, count: 8)
        #expect(send([10, 1, 2, 3]) == passed)
        for (bits, prefix) in [
            (32, [10, 1, 2, 3]), (24, [192, 0, 2, 0]), (16, [172, 16, 0, 0]), (8, [127, 0, 0, 0]),
        ] {
            try blocked.update([UInt8(bits), 0, 0, 0] + prefix.map { UInt8($0) }, zero)
        }
        for address: [UInt8] in [[10, 1, 2, 3], [192, 0, 2, 77], [172, 16, 9, 9], [127, 1, 1, 1], [127, 2, 2, 2]] {
            #expect(send(address) == dropped)
        }
        for address: [UInt8] in [[10, 1, 2, 4], [192, 0, 3, 77], [172, 17, 9, 9], [128, 1, 1, 1]] {
            #expect(send(address) == passed)
        }
        #expect(filter.run(Self.frame(to: Self.mac(1), from: Self.mac(2))) == passed)
        #expect(try filter.number("blocked", [8, 0, 0, 0, 127, 0, 0, 0]) == 2)
        #expect(try filter.number("outcomes", [0, 0, 0, 0]) == 5)
        #expect(try filter.number("outcomes", [1, 0, 0, 0]) == 5)
        #expect(try filter.number("outcomes", [2, 0, 0, 0]) == 1)
    }
}
