import Engine
import ISA
import Maps
import Object
import TestSupport
import Testing

/// Code that no verifier has seen: whatever it is, it ends in a result or a fault and touches nothing outside.
@Suite struct HostileCodeTests {
    @Test(arguments: UInt64(0)..<8, [ProgramType.memory, .vale, .xdp])
    func runsOrFaults(seed: UInt64, type: ProgramType) throws {
        var generator = SplitMix(seed: seed)
        let domain = WorkerDomain()
        let trace = TraceLog(capacity: 4)
        let maps = try [MapType.array, .hash].map {
            try Map(MapAttributes(type: $0, keySize: 4, valueSize: 12, maxEntries: 4), domain: domain)
        }
        let guardBytes = [UInt8](repeating: 0xEE, count: 256)
        for _ in 0..<150 {
            let code = (0..<Int.random(in: 1...40, using: &generator)).map { _ in instruction(&generator) }
            let program = try Program(
                ObjectProgram(name: "hostile", instructions: code), type: type, maps: maps, domain: domain,
                trace: trace, options: .init(fuel: 500), validate: false)
            var memory = guardBytes + [UInt8](repeating: 1, count: 64) + guardBytes
            memory.withUnsafeMutableBytes { buffer in
                if type == .memory {
                    let inner = UnsafeMutableRawBufferPointer(rebasing: buffer[256..<320])
                    _ = program.executable.run(memory: inner, slot: 0)
                } else {
                    var context = FrameContext(data: buffer.baseAddress! + 256, length: 64)
                    var result = RunResult()
                    program.executable.run(&context, count: 1, results: &result, slot: 0)
                }
            }
            #expect(memory.prefix(256).elementsEqual(guardBytes), "\(Disassembler.assembly(code))")
            #expect(memory.suffix(256).elementsEqual(guardBytes), "\(Disassembler.assembly(code))")
        }
    }

    /// Mostly instructions that exist, on registers that mostly hold pointers, with offsets around the bounds.
    private func instruction(_ generator: inout SplitMix) -> Instruction {
        if Int.random(in: 0..<20, using: &generator) == 0 { return Instruction(wire: generator.next()) }
        let entry = InstructionTable.entries.randomElement(using: &generator)!
        let registers: [UInt8] = [0, 1, 1, 2, 3, 6, 9, 10, 10]
        let offsets: [Int16] = [0, 1, -1, -8, -4, -512, -513, 20, 24, 56, 60, 63, 64, .max, .min]
        let imms: [Int32] = [0, 1, -1, 2, 3, 5, 6, 8, 64, 255, .max, .min]
        var insn = Instruction(
            opcode: entry.opcode, dst: registers.randomElement(using: &generator)!,
            src: registers.randomElement(using: &generator)!, offset: offsets.randomElement(using: &generator)!,
            imm: imms.randomElement(using: &generator)!)
        if entry.operands == .wide { insn.src = UInt8.random(in: 0...4, using: &generator) }
        switch (entry.selector?.field, entry.selector?.value) {
        case (.src, let value?): insn.src = UInt8(value)
        case (.offset, let value?): insn.offset = Int16(value)
        case (.imm, let value?): insn.imm = value
        default: break
        }
        return insn
    }
}
