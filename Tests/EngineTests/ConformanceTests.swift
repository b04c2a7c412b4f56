import Engine
import ISA
import Maps
import Object
import Testing

/// What instructions do, held against a model that shares no code with the engine.
@Suite struct ConformanceTests {
    /// Pairs of registers that vectors run in.
    static let pairs = [(2, 3), (0, 9), (6, 1)]

    @Test(arguments: ConformanceData.table("alu.data"))
    func arithmetic(table: ConformanceTable) throws {
        let programs = try Self.pairs.map { dst, src in
            try ConformanceData.program(
                """
                mov r8, r1
                ldxdw r\(dst), [r8+0]
                ldxdw r\(src), [r8+8]
                \(table.name) r\(dst), r\(src)
                stxdw [r8+8], r\(src)
                mov r0, r\(dst)
                exit
                """)
        }
        for row in table.rows {
            let (dst, src, expected) = numbers(row[1], row[2], row[3])
            for program in programs {
                var memory = [dst, src]
                #expect(ConformanceData.run(program, &memory) == expected, "\(row)")
                #expect(memory == [dst, src], "src is left alone")
            }
            guard let imm = immediate(src, is32: table.name.hasSuffix("32")) else { continue }
            let program = try ConformanceData.program(
                "ldxdw r4, [r1]\n \(table.name) r4, \(imm)\n mov r0, r4\n exit")
            var memory = [dst]
            #expect(ConformanceData.run(program, &memory) == expected, "\(row) with imm \(imm)")
        }
    }

    @Test(arguments: ConformanceData.table("unary.data"))
    func unary(table: ConformanceTable) throws {
        let operands = table.name.hasPrefix("movsx") ? "r5, r3" : "r5"
        let program = try ConformanceData.program(
            "ldxdw r5, [r1]\n ldxdw r3, [r1]\n \(table.name) \(operands)\n mov r0, r5\n exit")
        for row in table.rows {
            let (operand, expected, _) = numbers(row[1], row[2], row[2])
            var memory = [operand]
            #expect(ConformanceData.run(program, &memory) == expected, "\(row)")
        }
    }

    @Test(arguments: ConformanceData.table("jump.data"))
    func jumps(table: ConformanceTable) throws {
        /// Jumps forward and back: 3 where both are taken, 0 where none is.
        func program(_ operands: String) throws -> Program {
            try ConformanceData.program(
                """
                    ldxdw r4, [r1]
                    ldxdw r5, [r1+8]
                    mov r0, 0
                    ja start
                back:
                    or r0, 2
                    exit
                start:
                    \(table.name) \(operands), taken
                    ja next
                taken:
                    or r0, 1
                next:
                    \(table.name) \(operands), back
                    exit
                """)
        }
        let registers = try program("r4, r5")
        for row in table.rows {
            let (dst, src, _) = numbers(row[1], row[2], row[2])
            let expected: UInt64 = row[3] == "taken" ? 3 : 0
            var memory = [dst, src]
            #expect(ConformanceData.run(registers, &memory) == expected, "\(row)")
            guard let imm = immediate(src, is32: table.name.hasSuffix("32")) else { continue }
            #expect(ConformanceData.run(try program("r4, \(imm)"), &memory) == expected, "\(row) with imm \(imm)")
        }
    }

    /// Each load and store in memory and on the stack.
    @Test(arguments: ConformanceData.table("memory.data"))
    func memory(table: ConformanceTable) throws {
        for row in table.rows {
            let (register, after, _) = numbers(row[2], row[3], row[3])
            let statement =
                switch true {
                case table.name.hasPrefix("ldx"): "\(table.name) r4, [r3-24]"
                case table.name.hasPrefix("stx"): "\(table.name) [r3-24], r4"
                default: "\(table.name) [r3-24], \(Int64(bitPattern: register))"
                }
            let source = """
                mov r3, BASE
                add r3, 24
                ldxdw r5, [r1]
                stxdw [r3-24], r5
                lddw r4, \(Int64(bitPattern: register))
                \(statement)
                ldxdw r5, [r3-24]
                stxdw [r1], r5
                mov r0, r4
                exit
                """
            for base in ["r1", "r10\n sub r3, 64"] {
                var memory = bytes(row[1])
                let program = try ConformanceData.program(source.replacing("BASE", with: base))
                #expect(ConformanceData.run(program, &memory) == RunResult(value: after), "\(row)")
                #expect(memory == bytes(row[4]), "\(row)")
            }
        }
    }

    @Test(arguments: ConformanceData.rows("atomic.data"))
    func atomics(row: [Substring]) throws {
        let program = try ConformanceData.program(
            """
            mov r6, r1
            ldxdw r4, [r6+8]
            ldxdw r0, [r6+16]
            \(row[0]) \(row[1]) [r6+0], r4
            stxdw [r6+8], r4
            stxdw [r6+16], r0
            exit
            """)
        var memory = row[2..<5].map(ConformanceData.number)
        #expect(ConformanceData.run(program, &memory) != nil)
        #expect(memory == row[5..<8].map(ConformanceData.number))
    }

    @Test(arguments: ConformanceData.programs)
    func programs(vector: ConformanceProgram) {
        #expect(outcome(vector).hasPrefix(vector.expected))
        #expect(!vector.expected.isEmpty)
    }

    private func outcome(_ vector: ConformanceProgram) -> String {
        do {
            let program = try ConformanceData.program(vector.source)
            var memory = vector.memory
            let result = ConformanceData.run(program, &memory)
            return result.fault == .none
                ? "0x" + String(result.value, radix: 16) : "fault \(result.fault.name)"
        } catch let error as LoadError {
            return "refused " + "\(error)".replacing("test: ", with: "")
        } catch {
            return "\(error)"
        }
    }

    /// `gotol` reaches further than 16 bits.
    @Test func longJumps() throws {
        let filler = String(repeating: "add r0, 1\n", count: 40_000)
        let source = "mov r0, 0\n gotol far\n back: exit\n \(filler) far: add r0, 7\n gotol back\n exit"
        var memory: [UInt64] = []
        #expect(ConformanceData.run(try ConformanceData.program(source, fuel: 100_000), &memory) == 7)
    }

    /// Data without a vector for some instruction would prove little.
    @Test func everyInstructionHasAVector() throws {
        var tested: Set<Operation> = []
        let tables = ["alu.data", "unary.data", "jump.data", "memory.data"].flatMap(ConformanceData.table)
        for table in tables {
            #expect(table.rows.count >= 4)
            let entries = InstructionTable.entries.filter { $0.mnemonic == table.name }
            #expect(!entries.isEmpty)
            tested.formUnion(entries.map(\.operation))
        }
        for row in ConformanceData.rows("atomic.data") {
            tested.formUnion(InstructionTable.entries.filter { $0.mnemonic == "\(row[0]) \(row[1])" }.map(\.operation))
        }
        for program in ConformanceData.programs {
            tested.formUnion(try Assembler.assemble(program.source).compactMap(InstructionTable.operation(of:)))
        }
        // Of the classic packet accesses one is enough: they are refused.
        tested.formUnion([.ldAbs8, .ldAbs16, .ldInd8, .ldInd16, .ldInd32])
        #expect(Set(Operation.allCases).subtracting(tested) == [])
    }

    private func numbers(_ a: Substring, _ b: Substring, _ c: Substring) -> (UInt64, UInt64, UInt64) {
        (ConformanceData.number(a), ConformanceData.number(b), ConformanceData.number(c))
    }

    /// The immediate that means `value`; nil where none does.
    private func immediate(_ value: UInt64, is32: Bool) -> Int32? {
        is32 ? Int32(truncatingIfNeeded: value) : Int32(exactly: Int64(bitPattern: value))
    }

    private func bytes(_ hex: Substring) -> [UInt8] {
        stride(from: 0, to: hex.count, by: 2).map {
            UInt8(hex.dropFirst($0).prefix(2), radix: 16)!
        }
    }
}
