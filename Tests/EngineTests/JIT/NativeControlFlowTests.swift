import ISA
import Testing

@testable import Engine

/// Jumps, calls, fuel and faults of native code.
@Suite struct NativeControlFlowTests {
    /// Around the distances at which a jump takes more bytes: a filler takes three.
    @Test(arguments: [0, 1, 30, 38, 39, 40, 41, 42, 43, 44, 45, 46, 60, 84, 85, 86, 87, 300, 15_000])
    func jumpsOfEveryLength(count: Int) throws {
        let filler = String(repeating: "add r0, 1\n", count: count)
        let source = """
            mov r0, 0
            mov r2, 0
            ldxdw r3, [r1+0]
            jeq r3, 1, forward
            back:
            \(filler)
            forward:
            add r0, 100
            add r2, 1
            \(filler)
            jlt r2, 3, back
            ja last
            \(filler)
            last:
            exit
            """
        for isVerified in [true, false] {
            let pair = try NativePair(source, isVerified: isVerified)
            #expect(pair.run([0]).value == UInt64(300 + 6 * count))
            #expect(pair.run([1]).value == UInt64(300 + 5 * count))
        }
    }

    /// Many jumps whose lengths depend on one another.
    @Test func chainsOfJumps() throws {
        for width in [9, 10, 11, 25] {
            var source = "mov r0, 0\nldxdw r2, [r1+0]\n"
            for index in 0..<400 {
                source += "l\(index): jset r2, \(1 << (index % 8)), l\(min(index + width, 400))\nadd r0, \(index)\n"
            }
            let pair = try NativePair(source + "l400: exit")
            for mask in [UInt64(0), 1, 3, 0x55, 0xFF] { pair.run([mask]) }
        }
    }

    @Test func sevenCallsDeep() throws {
        var source = "mov r6, 1\nmov r7, 2\nmov r8, 3\nmov r9, 4\nstdw [r10-8], 5\ncall local f1\n"
        source += "ldxdw r1, [r10-8]\n" + (6...9).map { "mul r0, 3\nadd r0, r\($0)\n" }.joined() + "add r0, r1\nexit\n"
        for level in 1...7 {
            source += "f\(level): stdw [r10-8], \(level * 10)\nmov r6, \(level)\nmov r9, r6\n"
            source += level < 7 ? "call local f\(level + 1)\n" : "mov r0, 1000\n"
            source += "ldxdw r1, [r10-8]\nadd r0, r1\nadd r0, r6\nadd r0, r9\nexit\n"
        }
        for isVerified in [true, false] { #expect(try NativePair(source, isVerified: isVerified).run().fault == .none) }
    }

    @Test func tooDeepIsAFault() throws {
        let pair = try NativePair("mov r0, 0\nf: add r0, 1\ncall local f\nexit", isVerified: false)
        #expect(pair.run().fault == .callDepth)
        #expect(try NativePair("call 4095\nexit", isVerified: false).run().fault == .badCall)
        let reserved = Instruction(opcode: 0xFF)
        #expect(NativePair([reserved], isVerified: false).run().fault == .badInstruction)
    }

    @Test func functionPointers() throws {
        for register in [0, 1, 2, 5, 6, 9] {
            let source = """
                lddw r\(register), func sub
                stdw [r10-8], 3
                callx r\(register)
                ldxdw r1, [r10-8]
                add r0, r1
                exit
                sub:
                stdw [r10-8], 100
                mov r0, 40
                exit
                """
            let pair = try NativePair(source, isVerified: false)
            #expect(pair.run().value == 43)
            // A helper by its number; none by this one.
            let slot = try NativePair("mov r\(register), 8\ncallx r\(register)\nexit", isVerified: false)
            #expect(slot.run() == RunResult(value: 0))
            let none = try NativePair("lddw r\(register), 0x100000008\ncallx r\(register)\nexit", isVerified: false)
            #expect(none.run().fault == .badCall)
        }
    }

    /// Both engines have the same fuel left wherever they are: at each amount they end in the same way.
    @Test func fuelIsSpentAlike() throws {
        let loop = "mov r0, 10\nloop: sub r0, 1\nmov r2, r0\njne r0, 0, loop\nexit"
        let nested = """
            mov r0, 0
            mov r6, 0
            outer:
            mov r7, 0
            inner:
            call local sub
            add r7, 1
            jlt r7, 3, inner
            add r6, 1
            jgt r6, 2, end
            ja outer
            end: exit
            sub:
            mov r8, 0
            again:
            add r8, 1
            jlt r8, 3, again
            call 8
            mov r0, r8
            exit
            """
        let calls = "call 8\ncall local a\ncall local a\nmov r0, 1\nexit\na: call local b\ncall 7\nexit\nb: exit"
        var ends: [Fault: Int] = [:]
        for source in [loop, nested, calls] {
            for fuel in 0..<220 {
                for isVerified in [true, false] {
                    let result = try NativePair(source, fuel: fuel, isVerified: isVerified).run([], "fuel \(fuel)")
                    ends[result.fault, default: 0] += 1
                }
            }
        }
        #expect(ends[.none, default: 0] > 50 && ends[.outOfFuel, default: 0] > 100)
    }
}
