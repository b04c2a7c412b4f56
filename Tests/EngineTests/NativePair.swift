import ISA
import Maps
import Object
import Testing
import Verifier

@testable import Engine

/// One program for both engines, on raw memory, as if it had been verified.
struct NativePair {
    let interpreted: Program
    let native: Program

    /// - Parameter isVerified: false: fuel and depth of calls are counted whatever the program.
    init(_ code: [Instruction], fuel: Int = 1 << 24, isVerified: Bool = true) {
        func program(_ engine: Program.Engine) -> Program {
            var options = Program.Options(fuel: fuel, engine: engine)
            options.allowsUnverifiedNative = true
            return Program(
                ObjectProgram(name: "test", instructions: code), type: .memory, maps: [], domain: WorkerDomain(),
                trace: TraceLog(), options: options, facts: isVerified ? Verifier.Facts() : nil, verification: nil)
        }
        interpreted = program(.interpreter)
        native = program(.jit)
    }

    init(_ source: String, fuel: Int = 1 << 24, isVerified: Bool = true) throws {
        self.init(try Assembler.assemble(source), fuel: fuel, isVerified: isVerified)
    }

    /// The result, which is the same, and leaves the same memory, in both.
    @discardableResult
    func run(_ words: [UInt64] = [], _ comment: String = "") -> RunResult {
        var one = words
        var two = words
        let first = one.withUnsafeMutableBytes { interpreted.executable.run(memory: $0, slot: 0) }
        let second = two.withUnsafeMutableBytes { native.executable.run(memory: $0, slot: 0) }
        #expect(native.engine == .jit)
        #expect(first == second, "\(comment)")
        #expect(one == two, "\(comment)")
        #expect(interpreted.lastFault(slot: 0)?.instruction == native.lastFault(slot: 0)?.instruction, "\(comment)")
        return second
    }
}
