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
                    let step = max(item.inputs.count / 5, 1)
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

    /// Runs programs on raw memory, as if they were verified and as they are.
    private func check(_ sources: [String], _ inputs: [[UInt64]] = [[]], choices: [Bool] = [true, false]) throws {
        let batch = ARM64Batch()
        for source in sources {
            for isVerified in choices {
                let run = try Self.run(source, isVerified: isVerified)
                for input in inputs { run.add(Self.input(input), to: batch) { Issue.record("\($0): \(source)") } }
            }
        }
        try batch.run()
    }

    @Test func jumps() throws {
        try check([0, 1, 40, 300].map(ControlFlowPrograms.jumps), [[0], [1]])
        try check([9, 25].map(ControlFlowPrograms.chain), [[0], [1], [3], [0x55], [0xFF]])
    }

    @Test func calls() throws {
        try check([ControlFlowPrograms.sevenCalls])
        try check([ControlFlowPrograms.tooDeep, "call 4095\nexit"], choices: [false])
        for register in [0, 1, 2, 5, 6, 9] {
            let programs = ControlFlowPrograms.functionPointers(register)
            try check([programs.subprogram, programs.helper, programs.none], choices: [false])
        }
    }

    @Test func stackPointersAndConstants() throws {
        try check([InstructionSuiteTests.stackPointers])
        try check(
            (0..<10).flatMap { register in
                InstructionSuite.words.map { "lddw r\(register), \(Int64(bitPattern: $0))\nmov r0, r\(register)\nexit" }
            })
    }

    /// An instruction that does not exist.
    @Test func badInstruction() throws {
        let batch = ARM64Batch()
        let run = Self.run([Instruction(opcode: 0xFF)], isVerified: false)
        let trail = run.add(Self.input([]), to: batch) { Issue.record("\($0)") }
        try batch.run()
        #expect(trail.results[0].fault == .badInstruction)
    }

    /// At each amount of fuel a run ends as in the interpreter, at the same instruction.
    @Test func fuelIsSpentAlike() throws {
        let batch = ARM64Batch()
        var ends: [Fault: Int] = [:]
        for source in ControlFlowPrograms.costly {
            let code = try Assembler.assemble(source)
            for fuel in 0..<220 {
                for isVerified in [true, false] {
                    let run = Self.run(code, isVerified: isVerified, fuel: fuel)
                    let trail = run.add(Self.input([]), to: batch) { Issue.record("fuel \(fuel): \($0)") }
                    ends[trail.results[0].fault, default: 0] += 1
                }
            }
        }
        try batch.run()
        #expect(ends[.none, default: 0] > 50 && ends[.outOfFuel, default: 0] > 100)
    }

    @Test(arguments: ["alu.data", "unary.data", "jump.data"])
    func conformance(file: String) throws {
        let batch = ARM64Batch()
        for table in ConformanceData.table(file) {
            let operands = file == "unary.data" && !table.name.hasPrefix("movsx") ? "r5" : "r5, r3"
            let statement =
                file == "jump.data" ? "\(table.name) \(operands), +1\nmov r5, 0" : "\(table.name) \(operands)"
            let run = try Self.run(
                "mov r8, r1\nldxdw r5, [r8]\nldxdw r3, [r8+8]\n\(statement)\nmov r0, r5\nexit", isVerified: true)
            for row in table.rows {
                let operand = ConformanceData.number(row[1])
                let other = file == "unary.data" ? operand : ConformanceData.number(row[2])
                run.add(Self.input([operand, other]), to: batch) { Issue.record("\(row): \($0)") }
            }
        }
        try batch.run()
        #expect(batch.count > 50)
    }

    @Test func conformancePrograms() throws {
        let batch = ARM64Batch()
        for vector in ConformanceData.programs {
            // What is refused, or is a fault because accesses are checked, never runs natively.
            guard let program = try? ConformanceData.program(vector.source) else { continue }
            let run = ARM64Run(program, facts: nil)
            guard vector.expected.hasPrefix("0x") else { continue }
            run.add(ARM64Run.Input(packets: [vector.memory]), to: batch) { Issue.record("\(vector.name): \($0)") }
        }
        try batch.run()
        #expect(batch.count > 20)
    }

    /// Conditional jumps reach 1 MiB. What lies between is never run.
    @Test func jumpsBeyondTheReachOfConditions() throws {
        func code(_ fillers: Int, _ rest: Int) throws -> [Instruction] {
            let filler = try Assembler.assemble("call 1")
            let words = try Assembler.assemble("mov r4, r5")
            var code = try Assembler.assemble(
                "mov r0, 0\nldxdw r3, [r1]\njeq r3, 1, +0\nadd r0, 1\njeq r3, 5, +1\nexit")
            for _ in 0..<fillers { code += filler }
            for _ in 0..<rest { code += words }
            code[2].offset = Int16(code.count - 3)
            code += try Assembler.assemble("add r0, 7\njeq r3, 1, -1\nexit")
            code[code.count - 2].offset = Int16(4 - code.count)
            return code
        }
        func distance(_ run: ARM64Run, _ code: [Instruction]) -> Int {
            Int(run.generated.offsets[code.count - 3] - run.generated.offsets[2]) / 4
        }
        let one = try code(1, 0)
        let two = try code(2, 0)
        let size = distance(Self.run(two, isVerified: false), two) - distance(Self.run(one, isVerified: false), one)
        let count = (1 << 18) / size
        let base = try code(count, 0)
        let missing = 1 << 18 - distance(Self.run(base, isVerified: false), base)
        let batch = ARM64Batch()
        var far: Set<Bool> = []
        for rest in max(missing - 3, 0)...max(missing + 3, 3) {
            let code = try code(count, rest)
            let run = Self.run(code, isVerified: false)
            far.insert(distance(run, code) >= 1 << 18)
            for word in [UInt64(0), 1] { run.add(Self.input([word]), to: batch) { Issue.record("\(rest): \($0)") } }
        }
        try batch.run()
        #expect(far == [true, false])
    }
}
