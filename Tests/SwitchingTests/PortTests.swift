import Engine
import PacketIO
import Switching
import TestSupport
import Testing

@Suite("Ports") struct PortTests {
    @Test func takeTheLowestFreeNumber() throws {
        let test = try TestSwitch(ports: 2)
        try test.add(MemoryPort(), number: 3)
        try test.add(MemoryPort())
        try test.add(MemoryPort())
        #expect(test.vale.ports.map(\.number) == [0, 1, 2, 3, 4])
        try test.vale.removePort("p1")
        try test.add(MemoryPort())
        #expect(test.vale.port(named: "p5")?.number == 1)
        #expect(test.vale.ports.map(\.name) == ["p0", "p5", "p3", "p2", "p4"])
    }

    @Test func haveAnIfindexOfTheirOwn() throws {
        let test = try TestSwitch(ports: 3)
        try test.vale.removePort("p2")
        try test.add(MemoryPort())
        let other = try test.dataplane.createSwitch("other")
        let memory = MemoryPort()
        defer { memory.close() }
        let info = try other.addPort("p0", .memory(memory))
        #expect(test.vale.ports.map(\.ifindex) == [0x10000, 0x10001, 0x10003])
        #expect(info.ifindex == 0x10004)
        try test.dataplane.removeSwitch("other")
    }

    @Test func areRefusedWhenTheyDoNotFit() throws {
        let test = try TestSwitch(ports: 254) { MemoryPort(receiveFrames: 16, transmitFrames: 16, bytes: 4096) }
        let spare = MemoryPort()
        defer { spare.close() }
        expect("the switch has 254 ports already") { try test.vale.addPort("more", .memory(spare)) }
        try test.vale.removePort("p7")
        expect("port p8 exists") { try test.vale.addPort("p8", .memory(spare)) }
        expect("port number 8 is taken") { try test.vale.addPort("more", .memory(spare), number: 8) }
        expect("port number 254 is not in 0...253") { try test.vale.addPort("more", .memory(spare), number: 254) }
        expect("port number 255 is not in 0...253") { try test.vale.addPort("more", .memory(spare), number: 255) }
        expect("invalid name: ") { try test.vale.addPort("", .memory(spare)) }
        expect("no port more") { try test.vale.removePort("more") }
        expect("no port more") { try test.vale.setAdminState("more", isUp: true) }
        expect("no interface swale-none0") { try test.vale.addPort("more", .interface("swale-none0")) }
        #expect(test.vale.ports.count == 253)
        #expect(try test.vale.addPort("more", .memory(spare)).number == 7)
        try test.vale.removePort("more")
    }

    @Test func switchesAreRefusedWhenTheyDoNotFit() throws {
        let test = try TestSwitch(ports: 1)
        expect("switch vale0 exists") { try test.dataplane.createSwitch("vale0") }
        expect("invalid name: ") { try test.dataplane.createSwitch("") }
        expect("no switch vale1") { try test.dataplane.removeSwitch("vale1") }
        expect("a switch takes vale programs, not xdp") {
            try test.vale.setProgram(try test.program("mov r0, 2\nexit", type: .xdp))
        }
        for i in 1..<256 { try test.dataplane.createSwitch("vale\(i)") }
        expect("the dataplane has 256 switches already") { try test.dataplane.createSwitch("more") }
        #expect(test.dataplane.switches.count == 256)
        try test.dataplane.removeSwitch("vale0")
        let memory = MemoryPort()
        defer { memory.close() }
        expect("no switch vale0") { try test.vale.addPort("p9", .memory(memory)) }
        expect("no switch vale0") { try test.vale.setProgram(nil) }
        #expect(test.dataplane["vale0"] == nil)
    }

    @Test(arguments: [0, 257, -1])
    func burstsHaveLimits(burst: Int) {
        expect("invalid option: burst \(burst) is not in 1...256") {
            _ = try Dataplane(options: DataplaneOptions(pinning: .none, burst: burst))
        }
    }

    @Test func aCPUThatIsNotThereIsRefused() {
        expect("invalid option: there is no CPU 1023 to pin the dataplane's thread to") {
            _ = try Dataplane(options: DataplaneOptions(pinning: .cpu(1023)))
        }
    }

    @Test(arguments: [1, 2, 3, 64, 256])
    func anyBurstCarriesFrames(burst: Int) throws {
        let test = try TestSwitch(
            ports: 2, program: Source.constant(1), options: DataplaneOptions(pinning: .none, burst: burst))
        for i in 0..<1000 { test.ports[0].inject(frame(verdict: 0, tag: UInt64(i))) }
        test.settle()
        #expect(test.ports[1].drain().map(tag(of:)) == Array(0..<1000))
    }

    /// Down at the ingress, at the egress of a unicast, and at one of a broadcast's egresses.
    @Test func areAdministrativelyDown() throws {
        let test = try TestSwitch(ports: 3, program: Source.directed)
        try test.vale.setAdminState("p1", isUp: false)
        test.ports[1].inject(frame(verdict: 0))
        test.ports[0].inject(frame(verdict: 1))
        test.ports[0].inject(frame(verdict: 254))
        test.settle()
        var ports = test.vale.ports
        #expect(ports.map(\.isAdminUp) == [true, false, true])
        #expect(ports[1].counters.drops == [.ingressDisabled: 1, .egressDisabled: 1])
        #expect(ports[2].counters.txFrames == 1)
        #expect(test.vale.ledger().drops == [.ingressDisabled: 1, .egressDisabled: 1])

        try test.vale.setAdminState("p2", isUp: false)
        test.ports[0].inject(frame(verdict: 254))
        test.settle()
        #expect(test.vale.ledger().drops[.noOtherPort] == 1)

        try test.vale.setAdminState("p1", isUp: true)
        test.ports[1].inject(frame(verdict: 0))
        test.ports[0].inject(frame(verdict: 1))
        test.settle()
        ports = test.vale.ports
        #expect(ports[0].counters.txFrames == 1)
        #expect(ports[1].counters.txFrames == 1)

        let info = try test.vale.addPort("down", .memory(test.ports[2]), isAdminUp: false)
        #expect(!info.isAdminUp)
        try test.vale.removePort("down")
    }

    @Test func linkDownIsNamed() throws {
        let test = try TestSwitch(ports: 2, program: Source.constant(1))
        test.ports[1].setLinkState(.down)
        test.ports[0].inject(frame(verdict: 0))
        test.settle()
        #expect(test.vale.ports[1].counters.drops == [.linkDown: 1])
        test.ports[1].setLinkState(.up)
        test.ports[0].inject(frame(verdict: 0))
        test.settle()
        #expect(test.ports[1].drain().count == 1)
    }

    @Test func switchesKeepTheirFramesApart() throws {
        let test = try TestSwitch(ports: 2, program: Source.constant(254))
        let other = try test.dataplane.createSwitch("other")
        let memory = [MemoryPort(), MemoryPort()]
        defer { memory.forEach { $0.close() } }
        for (i, port) in memory.enumerated() { try other.addPort("q\(i)", .memory(port)) }
        try test.dataplane.setPrograms([
            .program(test.vale, try test.program(Source.constant(1))),
            .program(other, try test.program(Source.constant(254))),
        ])
        test.ports[0].inject(frame(verdict: 0, tag: 1))
        memory[1].inject(frame(verdict: 0, tag: 2))
        test.settle()
        #expect(eventually { memory[1].injectedCount == 0 })
        #expect(test.ports[1].drain().map(tag(of:)) == [1])
        #expect(memory[0].drain().map(tag(of:)) == [2])
        #expect(memory[1].drain().isEmpty)
        #expect(other.ledger().transmitted == 1)
        try test.dataplane.removeSwitch("other")
    }

    private func expect<T>(
        _ description: String, _ location: SourceLocation = #_sourceLocation, _ body: () throws -> T
    ) {
        let error = #expect(throws: SwitchError.self, sourceLocation: location) { _ = try body() }
        #expect(error?.description == description, sourceLocation: location)
    }
}
