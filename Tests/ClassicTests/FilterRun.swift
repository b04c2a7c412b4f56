import Classic
import Engine
import Maps
import Object

/// A filter's programs of both types on both engines, verified as any other.
struct FilterRun {
    let programs: [(program: Program, verdicts: FilterVerdicts)]
    private static let domain = WorkerDomain()
    private static let trace = TraceLog()

    init(_ instructions: [ClassicInstruction]) throws {
        let classic = try ClassicProgram(instructions)
        programs = try [FilterVerdicts.xdp, .vale(match: 7)].flatMap { verdicts in
            let code = classic.translated(name: "filter", verdicts)
            return try Program.Engine.allCases.map { engine in
                let program = try Program(
                    verifying: code, type: verdicts.type, domain: Self.domain, trace: Self.trace,
                    options: .init(engine: engine))
                return (program, verdicts)
            }
        }
    }

    /// Whether each of the programs takes the packet for a match; nil where a result is neither verdict.
    func matches(_ packet: [UInt8]) -> [Bool?] {
        // Nothing readable behind the last byte, as far as an access check can tell.
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(packet.count, 1), alignment: 1)
        defer { memory.deallocate() }
        memory.copyBytes(from: packet)
        return programs.map { program, verdicts in
            var context = FrameContext(data: memory.baseAddress!, length: packet.count)
            var result = RunResult()
            program.executable.run(&context, count: 1, results: &result, slot: Self.domain.spareSlot)
            guard result.fault == .none else { return nil }
            return result.value == UInt64(verdicts.match)
                ? true : result.value == UInt64(verdicts.noMatch) ? false : nil
        }
    }
}
