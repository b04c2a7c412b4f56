import Glibc
import PacketIO
import Switching
import TestSupport
import Testing

/// Interfaces that go and come back. Needs root.
@Suite("Interfaces", .serialized) struct InterfaceTests {
    @Test func areTakenUpAgain() throws {
        let test = try HostedSwitch(hosts: 2, program: HostedSwitch.learningBridge)
        #expect(try test.pings(from: 0, to: 1))
        let before = try #require(test.vale.port(named: "h1"))
        for _ in 0..<3 {
            try test.unplug(1)
            test.expectState(.absent, 1)
            #expect(test.vale.port(named: "h1")?.ifindex == 0)
            #expect(try !test.pings(from: 0, to: 1, count: 1, within: 1))
            try test.plug(1)
            test.expectState(.up, 1)
            #expect(try test.pings(from: 0, to: 1))
        }
        let after = try #require(test.vale.port(named: "h1"))
        #expect(after.ifindex != before.ifindex)
        #expect(after.number == before.number)
        // The counters are the port's, not the interface's.
        #expect(after.counters.rxFrames > before.counters.rxFrames)
        test.expectBalance()
    }

    @Test func goDownAndUp() throws {
        let test = try HostedSwitch(hosts: 2, program: HostedSwitch.assembled(Source.directed))
        let near = try PacketTap("eth0", in: test.hosts[0])
        let far = try PacketTap("eth0", in: test.hosts[1])
        for (side, interface) in [(test.room, "h1"), (test.hosts[1], "eth0")] {
            try side.ip("link", "set", interface, "down")
            test.expectState(.down, 1)
            let dropped = test.vale.ledger().drops[.linkDown, default: 0]
            try near.send(frame(verdict: 1))
            #expect(eventually { test.vale.ledger().drops[.linkDown] == dropped + 1 })
            try side.ip("link", "set", interface, "up")
            test.expectState(.up, 1)
            // The tap tells once that its interface was down.
            _ = try? far.receive(timeoutMs: 0)
            try near.send(frame(verdict: 1, tag: 5))
            #expect(try far.receive().map { tag(of: $0.bytes) } == 5)
            try far.send(frame(verdict: 0, tag: 6))
            #expect(try near.receive().map { tag(of: $0.bytes) } == 6)
        }
        test.expectBalance()
    }

    @Test func mayBeMissingAtFirst() throws {
        let test = try HostedSwitch(hosts: 2, program: HostedSwitch.learningBridge)
        try test.vale.removePort("h1")
        try test.unplug(1)
        #expect(throws: SwitchError.self) { try test.addPort(1) }
        try test.addPort(1, mayBeAbsent: true)
        #expect(test.vale.port(named: "h1")?.state == .absent)
        #expect(throws: SwitchError.self) {
            let vale = test.vale
            try test.room.perform { _ = try vale.addPort("again", .interface("h1", mayBeAbsent: true)) }
        }
        try test.plug(1)
        test.expectState(.up, 1)
        #expect(try test.pings(from: 0, to: 1))
        test.expectBalance()
    }

    @Test func areKnownByTheirNames() throws {
        let test = try HostedSwitch(hosts: 2, program: HostedSwitch.learningBridge)
        try test.room.ip("link", "set", "h1", "down")
        try test.room.ip("link", "set", "h1", "name", "other")
        try test.room.ip("link", "set", "other", "up")
        test.expectState(.absent, 1)
        try test.room.ip("link", "set", "other", "down")
        try test.room.ip("link", "set", "other", "name", "h1")
        try test.room.ip("link", "set", "h1", "up")
        test.expectState(.up, 1)
        #expect(try test.pings(from: 0, to: 1))
    }

    @Test func changesAreShown() throws {
        let test = try HostedSwitch(hosts: 2, program: HostedSwitch.learningBridge)
        try test.room.ip("link", "set", "h1", "mtu", "1400", "address", "02:00:00:00:09:09")
        #expect(eventually { test.vale.port(named: "h1")?.mtu == 1400 })
        #expect(eventually { test.vale.port(named: "h1")?.macAddress == [2, 0, 0, 0, 9, 9] })
    }

    /// Neither quiet interfaces nor ones that are down or gone keep the worker awake.
    @Test(arguments: ["up", "down", "absent"])
    func theWorkerSleeps(state: String) throws {
        let test = try HostedSwitch(hosts: 2, program: HostedSwitch.learningBridge)
        #expect(try test.pings(from: 0, to: 1, count: 1))
        if state == "down" { try test.room.ip("link", "set", "h1", "down") }
        if state == "absent" { try test.unplug(1) }
        test.expectState(try #require(PortState(rawValue: state)), 1)
        usleep(300_000)
        let isQuiet = (0..<10).contains { _ in
            let before = test.dataplane.cpuNanoseconds
            usleep(1_000_000)
            return test.dataplane.cpuNanoseconds - before < 10_000_000
        }
        #expect(isQuiet)
    }

    /// An interface that goes while frames flow through it.
    @Test func goUnderTraffic() throws {
        let test = try HostedSwitch(hosts: 3, program: HostedSwitch.assembled(Source.constant(254)))
        let tap = try PacketTap("eth0", in: test.hosts[0])
        for turn in 0..<4 {
            for i in 0..<3000 {
                try tap.send(frame(verdict: 0, tag: UInt64(i)))
                if i == 1000 { try test.unplug(1) }
            }
            test.expectState(.absent, 1)
            #expect(eventually { test.vale.ledger().received == UInt64(3000 * (turn + 1)) })
            test.expectBalance()
            try test.plug(1)
            test.expectState(.up, 1)
        }
        let info = try #require(test.vale.port(named: "h2"))
        #expect(try test.hosts[2].statistic("rx_packets", of: "eth0") == info.counters.txFrames)
    }
}
