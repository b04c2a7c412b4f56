import Glibc
import PacketIO
import TestSupport
import Testing

/// An interface that goes down or away is a state of its port. Needs root.
@Suite struct AFPacketLinkTests {
    private func events(_ port: AFPacketPort) -> Int16 {
        var poll = pollfd(fd: port.descriptor, events: Int16(POLLIN), revents: 0)
        return Glibc.poll(&poll, 1, 0) == 1 ? poll.revents : 0
    }

    @Test func downAndUp() throws {
        let fixture = try PortFixture()
        #expect(fixture.io.linkState == .up)
        try fixture.inside.ip("link", "set", "p0", "down")
        #expect(fixture.io.linkState == .down)
        #expect(events(fixture.port) & Int16(POLLERR) != 0)
        fixture.io.handleError()
        #expect(events(fixture.port) == 0)
        #expect(fixture.burst.transmit([Sample.frame(60), Sample.frame(61)], to: fixture.io) == (0, 0))
        #expect(fixture.burst.drops[.linkDown] == 2)

        try fixture.inside.ip("link", "set", "p0", "up")
        #expect(fixture.io.linkState == .up)
        try fixture.tap.send(Sample.frame(62))
        #expect(fixture.receive(count: 1).map(\.bytes) == [Sample.frame(62)])
        #expect(fixture.burst.transmit([Sample.frame(63)], to: fixture.io).frames == 1)
        #expect(try fixture.tap.receive()?.bytes == Sample.frame(63))
        #expect(fixture.burst.drops.total == 2)
    }

    /// The other end of the cable goes down.
    @Test func carrier() throws {
        let fixture = try PortFixture()
        try fixture.outside.ip("link", "set", "eth0", "down")
        // The kernel notes a carrier when it has time, once a second at most.
        #expect(eventually { fixture.io.linkState == .down })
        #expect(fixture.burst.transmit([Sample.frame(60), Sample.frame(61)], to: fixture.io) == (0, 0))
        #expect(fixture.burst.drops[.linkDown] == 2)
        let segment = AFPacketOffloadTests.Segment(payload: 30_000)
        #expect(fixture.burst.transmit([segment.bytes], offload: segment.offload, to: fixture.io) == (0, 0))
        #expect(fixture.burst.drops[.linkDown] == 3)
        try fixture.outside.ip("link", "set", "eth0", "up")
        // At once, whether the kernel has noticed or not.
        #expect(fixture.burst.transmit([segment.bytes], offload: segment.offload, to: fixture.io).frames == 1)
        #expect(try fixture.tap.receive()?.bytes == segment.bytes)
        #expect(eventually { fixture.io.linkState == .up })
        #expect(fixture.burst.transmit([Sample.frame(60)], to: fixture.io).frames == 1)
        #expect(try fixture.tap.receive()?.bytes == Sample.frame(60))
        #expect(fixture.burst.drops.total == 3)
    }

    /// A worker that never looks at POLLERR does not spin for long.
    @Test func emptyReceivesTakeTheError() throws {
        let fixture = try PortFixture()
        try fixture.inside.ip("link", "set", "p0", "down")
        var receives = 0
        while events(fixture.port) != 0 && receives < 10_000 {
            #expect(fixture.burst.receive(from: fixture.io).isEmpty)
            receives += 1
        }
        #expect(receives < 10_000)
    }

    /// Frames that came before the interface went down are still there.
    @Test func framesBeforeTheEnd() throws {
        let fixture = try PortFixture()
        let segment = AFPacketOffloadTests.Segment(payload: 30_000)
        try fixture.tap.send(Sample.frame(60))
        try fixture.tap.send(segment.bytes, header: segment.header)
        #expect(events(fixture.port) & Int16(POLLIN) != 0)
        try fixture.inside.ip("link", "set", "p0", "down")
        #expect(fixture.receive(count: 2).map(\.bytes) == [Sample.frame(60), segment.bytes])
    }

    @Test func removedAndBroughtBack() throws {
        let fixture = try PortFixture()
        try fixture.inside.ip("link", "delete", "p0")
        #expect(fixture.io.linkState == .gone)
        fixture.io.handleError()
        #expect(events(fixture.port) == 0)
        #expect(fixture.burst.receive(from: fixture.io).isEmpty)
        #expect(fixture.burst.transmit([Sample.frame(60)], to: fixture.io) == (0, 0))
        #expect(fixture.burst.drops[.linkDown] == 1)

        try fixture.inside.addVeth("p0", peer: fixture.outside, "eth0")
        // The port stays on the interface that it was opened on.
        #expect(fixture.io.linkState == .gone)
        let port = try PortFixture.open("p0", in: fixture.inside)
        defer { port.close() }
        let tap = try PacketTap("eth0", in: fixture.outside)
        #expect(fixture.burst.transmit([Sample.frame(60)], to: .afPacket(port)) == (1, 60))
        #expect(try tap.receive()?.bytes == Sample.frame(60))
    }

    /// Opened while down; moved to another namespace and back, it is gone for this port.
    @Test func movedAway() throws {
        let fixture = try PortFixture()
        try fixture.inside.ip("link", "set", "p0", "netns", fixture.outside.name)
        #expect(fixture.io.linkState == .gone)
        try fixture.outside.ip("link", "set", "p0", "netns", fixture.inside.name)
        #expect(fixture.io.linkState == .gone)
        let port = try PortFixture.open("p0", in: fixture.inside)
        defer { port.close() }
        #expect(port.linkState == .down)
        try fixture.inside.ip("link", "set", "p0", "up")
        #expect(port.linkState == .up)
        try fixture.tap.send(Sample.frame(60))
        var poll = pollfd(fd: port.descriptor, events: Int16(POLLIN), revents: 0)
        #expect(Glibc.poll(&poll, 1, 20_000) == 1)
        #expect(fixture.burst.receive(from: .afPacket(port)).map(\.bytes) == [Sample.frame(60)])
    }

    @Test func refusals() throws {
        let namespace = try NetworkNamespace()
        #expect(throws: PortError.noSuchInterface("nothing0")) { try PortFixture.open("nothing0", in: namespace) }
        #expect(throws: PortError.noSuchInterface("a-name-far-too-long-for-linux")) {
            try PortFixture.open("a-name-far-too-long-for-linux", in: namespace)
        }
        try namespace.ip("tuntap", "add", "dev", "tun0", "mode", "tun")
        #expect(throws: PortError.notEthernet(interface: "tun0", hardwareType: 65534)) {
            try PortFixture.open("tun0", in: namespace)
        }
        #expect(throws: PortError.badOption("receive slots: 4 is not in 16...1048576")) {
            try PortFixture.open("lo", in: namespace, options: AFPacketOptions(receiveSlots: 4))
        }
        let loopback = try PortFixture.open("lo", in: namespace)
        #expect(loopback.name == "lo")
        #expect(loopback.interfaceIndex == 1)
        loopback.close()
    }
}
