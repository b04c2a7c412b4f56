import Engine
import Glibc
import ISA
import Maps
import Object
import PacketIO
import TestSupport
import Testing

@testable import Switching

/// A switch with memory ports 0, 1, 2, ... called `p0`, `p1`, `p2`, ...
final class TestSwitch: Sendable {
    let dataplane: Dataplane
    let vale: VALESwitch
    nonisolated(unsafe) private(set) var ports: [MemoryPort] = []

    init(
        ports count: Int, program: String? = nil, options: DataplaneOptions = DataplaneOptions(pinning: .none),
        memory: () -> MemoryPort = { MemoryPort(receiveFrames: 8192, transmitFrames: 8192, bytes: 1 << 20) }
    ) throws {
        dataplane = try Dataplane(options: options)
        vale = try dataplane.createSwitch("vale0")
        for _ in 0..<count { try add(memory()) }
        if let program { try vale.setProgram(try self.program(program)) }
    }

    deinit {
        dataplane.stop()
        for port in ports { port.close() }
    }

    @discardableResult
    func add(_ port: MemoryPort, number: UInt8? = nil) throws -> String {
        let name = "p\(ports.count)"
        ports.append(port)
        try vale.addPort(name, .memory(port), number: number)
        return name
    }

    func program(_ source: String, type: ProgramType = .vale, maps: [Map] = [], fuel: Int = 1000) throws -> Program {
        try Program(
            ObjectProgram(name: "test", instructions: try Assembler.assemble(source)), type: type, maps: maps,
            domain: dataplane.domain, trace: TraceLog(), options: .init(fuel: fuel))
    }

    /// Waits until every injected frame was forwarded or dropped.
    func settle(_ location: SourceLocation = #_sourceLocation) {
        #expect(eventually { ports.allSatisfy { $0.injectedCount == 0 } }, sourceLocation: location)
        expectBalance(location)
    }

    @discardableResult
    func expectBalance(_ location: SourceLocation = #_sourceLocation) -> SwitchLedger {
        let statistics = vale.statistics()
        let ledger = statistics.ledger
        #expect(ledger.balanced, "\(ledger)", sourceLocation: location)
        return ledger
    }
}

/// Programs in the syntax of `Assembler`.
enum Source {
    static func constant(_ verdict: UInt64) -> String { "lddw r0, \(verdict)\nexit" }

    /// The frame says where it goes: 8 bytes, little endian, behind its Ethernet header. `crash` in there is a bad
    /// access, `loop` runs out of fuel.
    static let directed = """
        ldxdw r2, [r1+0]
        ldxdw r3, [r1+8]
        mov r4, r2
        add r4, 22
        jgt r4, r3, drop
        ldxdw r0, [r2+14]
        lddw r5, \(crash)
        jeq r0, r5, crash
        lddw r5, \(loop)
        jeq r0, r5, loop
        exit
        drop:
        mov r0, 255
        exit
        crash:
        mov r0, 0
        ldxdw r0, [r0+0]
        exit
        loop:
        ja loop
        """
    static let crash: UInt64 = 0x1_DEAD_0000
    static let loop: UInt64 = 0x1_100F_0000
}

/// A frame that tells `Source.directed` where it goes, and carries a number of the test's.
func frame(verdict: UInt64, tag: UInt64 = 0, length: Int = 64) -> [UInt8] {
    var bytes = [UInt8](repeating: 0x5A, count: length)
    bytes.replaceSubrange(0..<14, with: [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xB5])
    withUnsafeBytes(of: verdict.littleEndian) { bytes.replaceSubrange(14..<22, with: $0) }
    withUnsafeBytes(of: tag.littleEndian) { bytes.replaceSubrange(22..<30, with: $0) }
    return bytes
}

func tag(of frame: [UInt8]) -> UInt64 {
    (0..<8).reduce(0) { $0 | UInt64(frame[22 + $1]) << (8 * $1) }
}
