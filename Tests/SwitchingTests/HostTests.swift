import Glibc
import PacketIO
import Switching
import TestSupport
import Testing

/// Hosts in namespaces of their own talk through the switch. Needs root.
@Suite("Hosts", .serialized) struct HostTests {
    @Test func pingEachOther() throws {
        let test = try HostedSwitch(hosts: 3, program: HostedSwitch.learningBridge)
        for (from, to) in [(0, 1), (1, 2), (2, 0)] { #expect(try test.pings(from: from, to: to)) }
        let ledger = test.expectBalance()
        #expect(ledger.dropped == 0)
        // The first ARP requests went to both others.
        #expect(ledger.generated >= 3)
        let statistics = test.vale.statistics()
        #expect(statistics.runs == ledger.received)
        #expect(statistics.ports.map(\.macAddress) == (0..<3).map { [2, 0, 0, 0, 1, UInt8($0)] })
        #expect(statistics.ports.map(\.mtu) == [1500, 1500, 1500])
        #expect(statistics.ports.allSatisfy { $0.state == .up && $0.ifindex > 0 && $0.ifindex < 0x10000 })
    }

    /// Offloads that the egress interface lacks; the hosts have theirs.
    @Test(arguments: [[], ["tso", "off", "gso", "off"], ["tx", "off", "sg", "off"]])
    func sendTCP(lacking: [String]) throws {
        let test = try HostedSwitch(hosts: 2, program: HostedSwitch.learningBridge)
        if !lacking.isEmpty {
            try Command.check(["ip", "netns", "exec", test.room.name, "ethtool", "-K", "h1"] + lacking)
        }
        #expect(try test.pings(from: 0, to: 1, count: 1))
        let server = test.hosts[1]
        let received = server.start("python3", "-c", Self.receiver)
        let sent = try test.hosts[0].run("python3", "-c", Self.sender)
        #expect(try received.wait() == sent)
        #expect(sent.count == 65)
        let ledger = test.expectBalance()
        let statistics = test.vale.statistics()
        #expect(statistics.ports[1].counters.txBytes > 32 << 20)
        if lacking.isEmpty {
            // With GSO frames whole, there are far fewer than one per 1448 bytes.
            #expect(statistics.ports[1].counters.txFrames < 10_000)
        }
        #expect(ledger.drops.keys.allSatisfy { $0 == .rxRingFull || $0 == .txQueueFull || $0 == .noOtherPort })
    }

    /// Programs that may write see frames as on a wire: of at most an MTU, with complete checksums.
    @Test func sendTCPThroughXDP() throws {
        let test = try HostedSwitch(hosts: 2, program: HostedSwitch.learningBridge)
        // Marks each packet in its type of service, of no use to its checksums, and refuses what is no frame of a wire.
        let program = try HostedSwitch.assembled(
            """
            ldxw r2, [r1+0]
            ldxw r3, [r1+4]
            mov r4, r3
            sub r4, r2
            jgt r4, 1514, drop
            mov r4, r2
            add r4, 14
            jgt r4, r3, drop
            ldxb r5, [r2+0]
            stxb [r2+0], r5
            mov r0, 2
            exit
            drop:
            mov r0, 1
            exit
            """, type: .xdp)(test)
        for port in ["h0", "h1"] { try test.vale.setChain(port, [XDPAttachment(program)]) }
        let received = test.hosts[1].start("python3", "-c", Self.receiver)
        let sent = try test.hosts[0].run("python3", "-c", Self.sender)
        #expect(try received.wait() == sent)
        #expect(sent.count == 65)
        let statistics = test.vale.statistics()
        #expect(test.expectBalance().drops.keys.allSatisfy { [.rxRingFull, .txQueueFull, .noOtherPort].contains($0) })
        // 32 MiB in segments, most of which came within larger frames.
        #expect(statistics.ports[0].chain[0].counters.runs > 20_000)
        #expect(statistics.ports[0].counters.generated > 10_000)
    }

    private static let sender = """
        import hashlib, os, socket, time
        for attempt in range(100):
            try:
                link = socket.create_connection(('10.77.0.2', 5001), 2)
                break
            except OSError: time.sleep(0.1)
        link.settimeout(60)
        digest = hashlib.sha256()
        for i in range(32):
            block = os.urandom(1 << 20)
            digest.update(block)
            link.sendall(block)
        link.close()
        print(digest.hexdigest())
        """
    private static let receiver = """
        import hashlib, socket
        server = socket.create_server(('10.77.0.2', 5001))
        server.settimeout(60)
        link, _ = server.accept()
        link.settimeout(60)
        digest = hashlib.sha256()
        while block := link.recv(1 << 18): digest.update(block)
        print(digest.hexdigest())
        """

    @Test func tagsCrossByteForByte() throws {
        let test = try HostedSwitch(hosts: 2, program: HostedSwitch.assembled(Source.constant(1)))
        let near = try PacketTap("eth0", in: test.hosts[0])
        let far = try PacketTap("eth0", in: test.hosts[1])
        let tags: [[UInt8]] = [
            [], [0x81, 0, 0x20, 0x64], [0x88, 0xA8, 0xEF, 0xFF], [0x88, 0xA8, 0, 100, 0x81, 0, 0, 200],
            [0x81, 0, 0, 1, 0x81, 0, 0, 2], [0x88, 0xA8, 0, 1, 0x81, 0, 0, 2, 0x81, 0, 0, 3],
        ]
        for tag in tags {
            for length in [60, 61, 577, 1500] {
                var bytes = frame(verdict: 0, length: length)
                for i in 22..<length { bytes[i] = UInt8(truncatingIfNeeded: i &* 7) }
                bytes.insert(contentsOf: tag, at: 12)
                try near.send(bytes)
                #expect(try far.receive()?.bytes == bytes)
            }
        }
        #expect(test.expectBalance().transmitted == UInt64(tags.count * 4))
    }

    /// `transmitted` is what the other end of the cable has got.
    @Test func theFarEndCountsWhatWasTransmitted() throws {
        let test = try HostedSwitch(hosts: 3, program: HostedSwitch.assembled(Source.directed))
        let taps = try test.hosts.map { try PacketTap("eth0", in: $0) }
        var sent: UInt64 = 0
        for i in 0..<20_000 {
            let verdicts: [UInt64] = [1, 2, 254, 255, 0, 7, 300]
            try taps[i % 3].send(frame(verdict: verdicts[i % verdicts.count], tag: UInt64(i)))
            sent += 1
        }
        #expect(eventually { test.vale.ledger().received == sent })
        let ledger = test.expectBalance()
        for host in 0..<3 {
            let info = test.vale.port(named: "h\(host)")
            #expect(try test.hosts[host].statistic("rx_packets", of: "eth0") == info?.counters.txFrames)
        }
        #expect(ledger.transmitted > 10_000)
    }

    /// No frame is lost that the ledger does not name while the program is replaced.
    @Test func programsAreReplacedUnderTraffic() throws {
        let test = try HostedSwitch(hosts: 3, program: HostedSwitch.assembled(Source.constant(1)))
        let tap = try PacketTap("eth0", in: test.hosts[0])
        let programs = try [1, 2, 254, 255].map { try HostedSwitch.assembled(Source.constant($0))(test) }
        for i in 0..<20_000 {
            try tap.send(frame(verdict: 0, tag: UInt64(i)))
            if i % 100 == 0 { try test.vale.setProgram(programs[i / 100 % 4]) }
        }
        #expect(eventually { test.vale.ledger().received == 20_000 })
        let ledger = test.expectBalance()
        #expect(Set(ledger.drops.keys).isSubset(of: [.programDrop, .rxRingFull, .txQueueFull]))
        let arrived = try (1...2).reduce(0) { try $0 + test.hosts[$1].statistic("rx_packets", of: "eth0") }
        #expect(arrived == ledger.transmitted)
    }

    @Test func aPortIsRemovedUnderTraffic() throws {
        let test = try HostedSwitch(hosts: 2, program: HostedSwitch.assembled(Source.constant(1)))
        let tap = try PacketTap("eth0", in: test.hosts[0])
        for turn in 0..<5 {
            for i in 0..<500 { try tap.send(frame(verdict: 0, tag: UInt64(i))) }
            // Sent before the port went: none is missing.
            try test.vale.removePort("h0")
            #expect(test.expectBalance().received == UInt64(500 * (turn + 1)))
            for i in 0..<50 { try tap.send(frame(verdict: 0, tag: UInt64(i))) }
            try test.addPort(0)
        }
        let ledger = test.expectBalance()
        #expect(try test.hosts[1].statistic("rx_packets", of: "eth0") == ledger.transmitted)
    }
}
