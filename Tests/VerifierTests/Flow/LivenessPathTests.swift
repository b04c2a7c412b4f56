import ISA
import Object
import TestSupport
import Testing

@testable import Verifier

/// Random programs on random paths: whatever a path reads later must have been said to be live.
@Suite struct LivenessPathTests {
    @Test(arguments: 0..<8)
    func nothingDeadIsRead(_ seed: Int) throws {
        var random = SplitMix(seed: UInt64(seed))
        var steps = 0
        for _ in 0..<50 {
            let source = RandomFlow.source(&random)
            let program = try ControlFlowTests.program(source)
            let flow = try ControlFlow(program)
            let live = Liveness(program, flow)
            for _ in 0..<6 {
                var walk = PathWalk(program: program, flow: flow, random: random)
                walk.run()
                random = walk.random
                for trace in walk.traces {
                    steps += trace.count
                    let flaw = PathWalk.firstFlaw(trace, live)
                    try #require(flaw == nil, "\(flaw ?? "")\n\(source)")
                }
            }
        }
        #expect(steps > 2000)
    }
}

/// Source of a program of three functions, full of addresses of stacks.
enum RandomFlow {
    static func source(_ random: inout SplitMix) -> String {
        var text = ""
        for function in 0..<3 {
            text += "f\(function):\nmov r6, r10\nmov r8, r10\nadd r8, -16\n"
            let count = Int.random(in: 4...16, using: &random)
            for index in 0..<count {
                text += "l\(function)_\(index):\n" + line(function, index, count, &random) + "\n"
            }
            // Without a call by then, nothing would lead to the next function.
            if function < 2 { text += "call local f\(function + 1)\n" }
            text += "l\(function)_\(count):\nexit\n"
        }
        return text
    }

    private static func line(_ function: Int, _ index: Int, _ count: Int, _ random: inout SplitMix) -> String {
        func pick(_ values: [Int]) -> Int { values.randomElement(using: &random)! }
        func register() -> Int { pick([0, 1, 2, 3, 4, 6, 8]) }
        func base() -> Int { pick([10, 10, 10, 6, 6, 8, 8, 1, 3]) }
        func offset() -> Int { -8 * pick([1, 1, 2, 3]) + pick([0, 0, 0, 0, 4]) }
        func size() -> String { ["b", "w", "dw", "dw", "dw"].randomElement(using: &random)! }
        func place() -> String { "[r\(base())\(offset())]" }
        func callee() -> String { "f\(Int.random(in: (function + 1)...2, using: &random))" }
        switch Int.random(in: 0..<24, using: &random) {
        case 0: return "mov r\(register()), r10"
        case 1: return "add r\(register()), \(pick([-8, -8, -16, 0, 8]))"
        case 2, 3: return "stx\(size()) \(place()), r\(register())"
        case 4, 5: return "ldx\(size()) r\(register()), \(place())"
        case 6: return "st\(size()) \(place()), 1"
        case 7: return "mov r\(register()), r\(register())"
        case 8: return "\(["add", "sub"].randomElement(using: &random)!) r\(register()), r\(register())"
        case 9: return "mov r\(register()), \(pick([0, -8, -16]))"
        case 10, 11:
            return "jeq r\(register()), 0, l\(function)_\(Int.random(in: 0...count, using: &random))"
        case 12:
            return "lock \(["add", "xchg", "cmpxchg"].randomElement(using: &random)!) \(place()), r\(register())"
        case 13: return "mov r1, r\(pick([10, 6, 8]))\nadd r1, \(pick([-8, -16, -24]))\ncall 9999"
        case 14 where function < 2, 15 where function < 2:
            return "mov r1, r\(pick([10, 6, 8, 3]))\ncall local \(callee())"
        case 16 where function < 2: return "lddw r2, func \(callee())\nmov r3, r\(pick([10, 6, 8, 0]))\ncall 181"
        // An address of one of two places
        case 17: return "jeq r0, 0, +1\nadd r\(pick([6, 8])), -8"
        // An address stored, and used from where it was stored
        case 18, 19, 20: return "stxdw [r\(base())\(-8 * pick([1, 2, 3]))], r\(pick([6, 8, 10]))"
        case 21, 22:
            return "ldxdw r4, [r\(base())\(-8 * pick([1, 2, 3]))]\nldxb r0, [r4\(-8 * pick([1, 2, 3, 4, 5]))]"
        case 23: return "stxdw [r4\(-8 * pick([1, 2, 3]))], r\(pick([0, 1, 6]))"
        default: return "mov r0, 0"
        }
    }
}
