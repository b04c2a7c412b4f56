import Engine
import ISA
import Maps
import Object

/// Runs assembly on a packet, as tests want it.
struct Machine {
    let domain = WorkerDomain(workers: 2)
    let trace = TraceLog(capacity: 8)
    var maps: [Map] = []
    var fuel = 1 << 16

    mutating func addMap(
        _ type: MapType, key: Int = 4, value: Int = 8, entries: Int = 4, flags: MapFlags = []
    ) throws -> Map {
        let map = try Map(
            MapAttributes(type: type, keySize: key, valueSize: value, maxEntries: entries, flags: flags),
            domain: domain, name: "map\(maps.count)")
        maps.append(map)
        return map
    }

    func program(_ source: String, type: ProgramType = .vale, validate: Bool = true) throws -> Program {
        try Program(
            ObjectProgram(name: "test", instructions: Assembler.assemble(source)), type: type, maps: maps,
            domain: domain, trace: trace, options: .init(fuel: fuel), validate: validate)
    }

    struct Outcome {
        var result: RunResult
        var packet: [UInt8]
        var ring: UInt8
        var value: UInt64 { result.value }
        var fault: Fault { result.fault }
    }

    func run(
        _ source: String, type: ProgramType = .vale, packet: [UInt8] = [], port: UInt32 = 0, ring: UInt8 = 0,
        ifindex: UInt32 = 0, slot: Int = 0, validate: Bool = true
    ) throws -> Outcome {
        let program = try program(source, type: type, validate: validate)
        var bytes = packet
        let length = bytes.count
        // Room beside the packet, so that a wrong access is a wrong answer and not a crash.
        bytes = [UInt8](repeating: 0xEE, count: 64) + bytes + [UInt8](repeating: 0xEE, count: 64)
        var result = RunResult()
        var ringAfter: UInt8 = 0
        bytes.withUnsafeMutableBytes { buffer in
            if type == .memory {
                let memory = UnsafeMutableRawBufferPointer(rebasing: buffer[64..<64 + length])
                result = program.executable.run(memory: memory, slot: slot)
            } else {
                var context = FrameContext(
                    data: buffer.baseAddress! + 64, length: length, ingressPort: port, ring: ring,
                    ingressIfindex: ifindex)
                program.executable.run(&context, count: 1, results: &result, slot: slot)
                ringAfter = context.ring
            }
        }
        return Outcome(result: result, packet: Array(bytes[64..<64 + length]), ring: ringAfter)
    }
}
