import Engine
import Foundation
import ISA
import Maps
import Object
import PacketIO
import Switching
import TestSupport
import Testing

@testable import Capture

/// A switch with memory ports `p0`, `p1`, ... numbered from 0, whose program each frame tells where it goes: its byte 14
/// is what the program returns.
final class CaptureFixture: Sendable {
    let dataplane: Dataplane
    let vale: VALESwitch
    let ports: [MemoryPort]

    init(ports count: Int, options: DataplaneOptions = DataplaneOptions(pinning: .none)) throws {
        dataplane = try Dataplane(options: options)
        vale = try dataplane.createSwitch("vale0")
        var ports: [MemoryPort] = []
        for index in 0..<count {
            let port = MemoryPort(receiveFrames: 8192, transmitFrames: 8192, bytes: 4 << 20)
            try vale.addPort("p\(index)", .memory(port))
            ports.append(port)
        }
        self.ports = ports
        try vale.setProgram(try program(Self.directed, .vale))
    }

    deinit {
        dataplane.stop()
        for port in ports { port.close() }
    }

    private static let directed = """
        ldxdw r2, [r1+0]
        ldxdw r3, [r1+8]
        mov r4, r2
        add r4, 15
        jgt r4, r3, drop
        ldxb r0, [r2+14]
        exit
        drop:
        mov r0, 255
        exit
        """

    func program(_ source: String, _ type: ProgramType) throws -> Program {
        try Program(
            verifying: ObjectProgram(name: "test", instructions: try Assembler.assemble(source)), type: type,
            domain: dataplane.domain, trace: TraceLog())
    }

    func capture(
        ports: Set<String>? = nil, direction: TapOptions.Direction = .both, outcome: TapOptions.Outcome = .any,
        filter: String? = nil, snaplen: Int = TapOptions.maximumSnaplen, ringBytes: Int = 8 << 20,
        limits: CaptureSession.Limits = .init()
    ) throws -> CaptureSession {
        let program = try filter.map {
            try FilterExpression.program($0, domain: dataplane.domain, trace: TraceLog())
        }
        let tap = try vale.startTap(
            TapOptions(
                ports: ports, direction: direction, outcome: outcome, filter: program, snaplen: snaplen,
                ringBytes: ringBytes))
        return try CaptureSession(tap, of: vale, limits: limits)
    }

    /// Every frame that was injected has been forwarded or dropped, and the ledger balances.
    func settle() {
        #expect(eventually { ports.allSatisfy { $0.injectedCount == 0 } })
        #expect(vale.ledger().balanced)
    }

    /// The rest is a pattern of the number's.
    static func frame(to verdict: UInt8, _ number: Int = 0, length: Int = 64) -> [UInt8] {
        var bytes: [UInt8] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xB5, verdict]
        while bytes.count < length { bytes.append(UInt8(truncatingIfNeeded: bytes.count &* 7 &+ number)) }
        return Array(bytes.prefix(length))
    }
}

extension CaptureSession {
    /// The whole file, once the capture has ended.
    func file() throws -> [UInt8] {
        stop()
        var file: [UInt8] = []
        while true {
            let (bytes, isLast) = try read(at: file.count, limit: 100_000)
            file += bytes
            if isLast { return file }
            try #require(!bytes.isEmpty)
        }
    }
}

/// A folder that goes with the object.
final class Folder {
    let path = NSTemporaryDirectory() + "swale-capture-\(UUID().uuidString)"

    init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var directory: PcapDirectory { PcapDirectory(path) }

    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        return "\(path)/\(name)"
    }

    func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")))
    }
}
