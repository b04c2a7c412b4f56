import Engine
import Glibc
import ISA
import Object
import PacketIO
import Switching
import TestSupport
import Testing

/// A switch in a namespace of its own, with hosts in theirs: `eth0` of host k, 10.77.0.(k+1), is at port `h\(k)`, number
/// k, on the interface `h\(k)`. Needs root.
final class HostedSwitch: Sendable {
    let room: NetworkNamespace
    let hosts: [NetworkNamespace]
    let dataplane: Dataplane
    let vale: VALESwitch

    init(hosts count: Int, program: (HostedSwitch) throws -> Program) throws {
        let room = try NetworkNamespace()
        self.room = room
        hosts = try (0..<count).map { _ in try NetworkNamespace() }
        // The monitor watches the namespace that it is made in.
        let dataplane = try room.perform { try Dataplane(options: DataplaneOptions(pinning: .none)) }
        self.dataplane = dataplane
        vale = try dataplane.createSwitch("vale0")
        for host in 0..<count {
            try plug(host)
            try addPort(host)
        }
        try vale.setProgram(try program(self))
    }

    deinit { dataplane.stop() }

    func addPort(_ host: Int, mayBeAbsent: Bool = false) throws {
        let vale = self.vale
        try room.perform {
            _ = try vale.addPort("h\(host)", .interface("h\(host)", mayBeAbsent: mayBeAbsent), number: UInt8(host))
        }
    }

    /// Connects the host by a new veth pair.
    func plug(_ host: Int) throws {
        try room.addVeth(
            "h\(host)", peer: hosts[host], "eth0", address: "02:00:00:00:01:0\(host)",
            peerAddress: "02:00:00:00:00:0\(host)")
        try hosts[host].ip("address", "add", "10.77.0.\(host + 1)/24", "dev", "eth0")
    }

    func unplug(_ host: Int) throws { try room.ip("link", "delete", "h\(host)") }

    /// Whether each of `count` pings was answered.
    func pings(from host: Int, to other: Int, count: Int = 3, within seconds: Int = 20) throws -> Bool {
        try hosts[host].attempt(
            "ping", "-n", "-c", "\(count)", "-i", "0.05", "-W", "\(seconds)", "10.77.0.\(other + 1)"
        ).status == 0
    }

    func expectState(_ state: PortState, _ host: Int, _ location: SourceLocation = #_sourceLocation) {
        #expect(
            eventually { vale.port(named: "h\(host)")?.state == state }, "\(String(describing: vale.ports))",
            sourceLocation: location)
    }

    @discardableResult
    func expectBalance(_ location: SourceLocation = #_sourceLocation) -> SwitchLedger {
        let ledger = vale.ledger()
        #expect(ledger.balanced, "\(ledger)", sourceLocation: location)
        return ledger
    }

    /// `examples/learning_bridge.c`, compiled.
    static func learningBridge(_ test: HostedSwitch) throws -> Program {
        let root = #filePath.split(separator: "/").dropLast(3).reduce(into: "") { $0 += "/" + $1 }
        let output = "/tmp/swale-switching-\(getpid())-\(UInt64.random(in: 0 ... .max)).o"
        defer { unlink(output) }
        try Command.check([
            "clang", "-target", "bpf", "-O2", "-g", "-I", "\(root)/examples/include", "-I",
            "/usr/include/x86_64-linux-gnu", "-I", "/usr/include/aarch64-linux-gnu", "-c",
            "\(root)/examples/learning_bridge.c", "-o", output,
        ])
        let object = try LoadedObject(elf: try bytes(of: output), domain: test.dataplane.domain, trace: TraceLog())
        return try object.program(type: .vale)
    }

    static func assembled(_ source: String, type: ProgramType = .vale) -> (HostedSwitch) throws -> Program {
        { test in
            try Program(
                ObjectProgram(name: "test", instructions: try Assembler.assemble(source)), type: type,
                domain: test.dataplane.domain, trace: TraceLog())
        }
    }

    private static func bytes(of path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = read(descriptor, &bytes, bytes.count)
        try #require(count > 0)
        return Array(bytes[..<count])
    }
}
