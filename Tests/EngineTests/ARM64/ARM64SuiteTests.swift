import ISA
import Maps
import Object
import Testing
import Verifier

@testable import Engine

/// What is tested natively on x86-64, of code for arm64: under qemu-aarch64.
@Suite(.enabled(if: ARM64Harness.isInstalled, "no arm64 cross compiler or qemu-user")) struct ARM64SuiteTests {
    /// A program on raw memory, as if it were verified or as it is.
    static func run(
        _ code: [Instruction], isVerified: Bool, fuel: Int = 1 << 24, features: ProcessorFeatures = []
    ) -> ARM64Run {
        let facts = isVerified ? Verifier.Facts() : nil
        var options = Program.Options(fuel: fuel, engine: .interpreter)
        options.allowsUnverifiedNative = true
        let program = Program(
            ObjectProgram(name: "test", instructions: code), type: .memory, maps: [], domain: WorkerDomain(),
            trace: TraceLog(), options: options, facts: facts, verification: nil)
        return ARM64Run(program, facts: facts, checksAccesses: !isVerified, features: features)
    }

    static func run(_ source: String, isVerified: Bool, fuel: Int = 1 << 24) throws -> ARM64Run {
        run(try Assembler.assemble(source), isVerified: isVerified, fuel: fuel)
    }

    static func input(_ words: [UInt64]) -> ARM64Run.Input {
        ARM64Run.Input(packets: [words.withUnsafeBytes { Array($0) }])
    }

    @Test(
        arguments: [OperandForm.aluReg, .unary, .aluImm, .jumpReg, .jumpImm, .load, .storeReg, .storeImm, .atomic])
    func instructions(form: OperandForm) throws {
        let batch = ARM64Batch()
        for entry in InstructionSuite.entries([form]) {
            for (number, item) in try InstructionSuite.cases(entry).enumerated() {
                let choices: [ProcessorFeatures] = form == .atomic ? [[], .lse] : [[]]
                for features in choices {
                    let run = Self.run(item.code, isVerified: item.isVerified, features: features)
                    // The interpreter takes most of the time: of many inputs some.
                    let step = max(item.inputs.count / 20, 1)
                    for place in stride(from: number % step, to: item.inputs.count, by: step) {
                        let input = item.inputs[place]
                        run.add(Self.input(input), to: batch) { Issue.record("\(item.name) \(input): \($0)") }
                    }
                }
            }
        }
        try batch.run()
        #expect(batch.count > 50)
    }
}
