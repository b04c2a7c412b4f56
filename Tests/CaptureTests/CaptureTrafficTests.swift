import Engine
import Glibc
import ISA
import Object
import PacketIO
import Switching
import TestSupport
import Testing

@testable import Capture

/// Captures while hosts in namespaces talk. Needs root, for namespaces and AF_PACKET.
@Suite(.enabled(if: geteuid() == 0, "root is needed to make network namespaces"))
struct CaptureTrafficTests {
    @Test func pingsAreThereOnTheirWayInAndOut() throws {
        let room = try NetworkNamespace()
        let hosts = [try NetworkNamespace(), try NetworkNamespace()]
        let dataplane = try room.perform { try Dataplane(options: DataplaneOptions(pinning: .none)) }
        defer { dataplane.stop() }
        let vale = try dataplane.createSwitch("vale0")
        for (number, host) in hosts.enumerated() {
            try room.addVeth("h\(number)", peer: host, "eth0")
            try host.ip("address", "add", "10.78.0.\(number + 1)/24", "dev", "eth0")
            try room.perform { _ = try vale.addPort("h\(number)", .interface("h\(number)"), number: UInt8(number)) }
        }
        let code = ObjectProgram(
            name: "flood", instructions: try Assembler.assemble("mov r0, 254\nexit"))
        try vale.setProgram(
            try Program(verifying: code, type: .vale, domain: dataplane.domain, trace: TraceLog()))
        let filter = try FilterExpression.program("icmp", domain: dataplane.domain, trace: TraceLog())
        let capture = try CaptureSession(try vale.startTap(TapOptions(filter: filter)), of: vale)
        let ping = try hosts[0].attempt("ping", "-n", "-c", "5", "-i", "0.05", "-W", "20", "10.78.0.2")
        #expect(ping.status == 0, "\(ping.output)")
        let folder = try Folder()
        let path = try folder.write("a.pcapng", try capture.file())
        let packets = try Dissection.packets(path)
        // Each request and each answer comes in at one port and goes out at the other.
        #expect(packets.map(\.interface) == (0..<5).flatMap { _ in ["h0", "h1", "h1", "h0"] })
        #expect(packets.allSatisfy { $0.comment.contains("outcome=") && $0.drops.isEmpty })
        let text = try Command.check(["tcpdump", "-n", "-t", "-r", path])
        #expect(text.split(separator: "\n").filter { $0.contains("echo request") }.count == 10, "\(text)")
        #expect(vale.ledger().balanced)
        #expect(capture.status.lost == 0)
    }
}
