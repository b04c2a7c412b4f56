import CLinux
import Engine
import Object

/// Runs a program on frames that are in no switch.
struct PacketRunner {
    let program: Program
    let slot: Int
    let port: UInt32

    /// How the last run of a frame ended.
    struct Outcome: Encodable {
        /// Bytes of the frame.
        var length: Int
        /// r0 as the type's result: 32 bits.
        var value: UInt32
        /// `port 3`, `broadcast`, `drop`, `pass`, ..., or the fault.
        var verdict: String
        /// Egress ring of a vale program.
        var ring: UInt8?
        /// The frame afterwards, in hex.
        var packet: String
        var fault: String?
        /// A run's time on average.
        var nanoseconds: Double
    }

    func run(_ frame: [UInt8], repetitions: Int) -> Outcome {
        let headroom = 256
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: headroom + frame.count, alignment: 64)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        let data = memory.baseAddress! + headroom
        data.copyMemory(from: frame, byteCount: frame.count)

        var context = FrameContext(data: data, length: frame.count, ingressPort: port, ingressIfindex: port)
        var result = RunResult()
        let executable = program.executable
        let start = clinux_monotonic_ns()
        var runs = 0
        while runs < repetitions, result.fault == .none {
            executable.run(&context, count: 1, results: &result, slot: slot)
            runs += 1
        }
        let elapsed = clinux_monotonic_ns() - start

        let packet = UnsafeRawBufferPointer(start: context.data, count: context.dataEnd - context.data)
        let fault = result.fault == .none ? nil : program.describe(result.fault, slot: slot)
        let value = UInt32(truncatingIfNeeded: result.value)
        return Outcome(
            length: frame.count, value: value, verdict: fault ?? program.type.verdict(value),
            ring: program.type == .vale ? context.ring : nil, packet: Hex.text(packet), fault: fault,
            nanoseconds: Double(elapsed) / Double(runs))
    }
}
