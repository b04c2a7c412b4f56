import Foundation
import ISA
import Maps
import Object
import Testing

@testable import Engine

/// Vectors of Tests/Fixtures/conformance and how they are run.
enum ConformanceData {
    /// Rows of a table: words separated by spaces.
    static func rows(_ file: String) -> [[Substring]] {
        text(file).split(separator: "\n").filter { !$0.hasPrefix("#") }.map { $0.split(separator: " ") }
    }

    /// Rows by their first column.
    static func table(_ file: String) -> [ConformanceTable] {
        Dictionary(grouping: rows(file)) { String($0[0]) }.map { ConformanceTable(name: $0, rows: $1) }
            .sorted { $0.name < $1.name }
    }

    /// Programs of `programs.data`.
    static let programs: [ConformanceProgram] =
        text("programs.data").components(separatedBy: "\n== ").dropFirst().map(ConformanceProgram.init)

    private static func text(_ file: String) -> String {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/conformance")
        return (try? String(contentsOf: folder.appending(path: file), encoding: .utf8)) ?? ""
    }

    static func number(_ text: Substring) -> UInt64 { UInt64(text.dropFirst(2), radix: 16)! }

    static func program(_ source: String, fuel: Int = 15_000) throws -> Program {
        let code = ObjectProgram(name: "test", instructions: try Assembler.assemble(source))
        return try Program(
            code, type: .memory, domain: WorkerDomain(), trace: TraceLog(), options: .init(fuel: fuel))
    }

    /// The same program as native code.
    private static func native(_ program: Program) -> Program {
        var options = Program.Options(fuel: 1 << 20, engine: .jit)
        options.allowsUnverifiedNative = true
        let native = Program(
            program.code, type: .memory, maps: [], domain: WorkerDomain(), trace: TraceLog(), options: options,
            facts: nil, verification: nil)
        #expect(native.engine == .jit)
        return native
    }

    /// Runs `program` with r1 = `memory` and r2 = its length.
    static func run(_ program: Program, _ memory: inout [UInt8]) -> RunResult {
        let before = memory
        var copy = memory
        let result = memory.withUnsafeMutableBytes { program.executable.run(memory: $0, slot: 0) }
        // What ends without a fault is what a verifier lets run without checks.
        if result.fault == .none {
            let unchecked = copy.withUnsafeMutableBytes {
                program.executable.run(memory: $0, slot: 0, policy: UncheckedExecution())
            }
            #expect(unchecked == result)
            #expect(copy == memory)
            let native = native(program)
            var other = before
            #expect(other.withUnsafeMutableBytes { native.executable.run(memory: $0, slot: 0) } == result)
            #expect(other == memory)
        }
        return result
    }

    /// Runs a program whose memory is 64-bit numbers. Nil after a fault.
    static func run(_ program: Program, _ memory: inout [UInt64]) -> UInt64? {
        var bytes = memory.withUnsafeBytes { [UInt8]($0) }
        let result = run(program, &bytes)
        memory = bytes.withUnsafeBytes { [UInt64]($0.bindMemory(to: UInt64.self)) }
        return result.fault == .none ? result.value : nil
    }
}

/// Vectors of one instruction.
struct ConformanceTable: CustomTestStringConvertible {
    let name: String
    let rows: [[Substring]]
    var testDescription: String { "\(name) (\(rows.count))" }
}

/// A block of `programs.data`.
struct ConformanceProgram: CustomTestStringConvertible {
    let name: String
    var memory: [UInt8] = []
    var source = ""
    /// `0x2a`, `fault bad_access` or `refused insn 0: ...`.
    var expected = ""
    var testDescription: String { name }

    init(_ block: String) {
        let lines = block.split(separator: "\n")
        name = String(lines[0])
        for line in lines.dropFirst() {
            if line.hasPrefix("memory ") {
                memory = line.split(separator: " ").dropFirst().map { UInt8($0, radix: 16)! }
            } else if line.hasPrefix("=> ") {
                expected = String(line.dropFirst(3))
            } else {
                source += line + "\n"
            }
        }
    }
}
