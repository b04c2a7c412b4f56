import ISA
import Testing

@testable import Engine

/// Jumps, calls, fuel and faults of native code.
@Suite struct NativeControlFlowTests {
    /// Around the distances at which a jump takes more bytes: a filler takes three.
    @Test(arguments: [0, 1, 30, 38, 39, 40, 41, 42, 43, 44, 45, 46, 60, 84, 85, 86, 87, 300, 15_000])
    func jumpsOfEveryLength(count: Int) throws {
        for isVerified in [true, false] {
            let pair = try NativePair(ControlFlowPrograms.jumps(over: count), isVerified: isVerified)
            #expect(pair.run([0]).value == UInt64(300 + 6 * count))
            #expect(pair.run([1]).value == UInt64(300 + 5 * count))
        }
    }

    @Test func chainsOfJumps() throws {
        for width in [9, 10, 11, 25] {
            let pair = try NativePair(ControlFlowPrograms.chain(width))
            for mask in [UInt64(0), 1, 3, 0x55, 0xFF] { pair.run([mask]) }
        }
    }

    @Test func sevenCallsDeep() throws {
        for isVerified in [true, false] {
            let pair = try NativePair(ControlFlowPrograms.sevenCalls, isVerified: isVerified)
            #expect(pair.run().fault == .none)
        }
    }

    @Test func tooDeepIsAFault() throws {
        #expect(try NativePair(ControlFlowPrograms.tooDeep, isVerified: false).run().fault == .callDepth)
        #expect(try NativePair("call 4095\nexit", isVerified: false).run().fault == .badCall)
        let reserved = Instruction(opcode: 0xFF)
        #expect(NativePair([reserved], isVerified: false).run().fault == .badInstruction)
    }

    @Test func functionPointers() throws {
        for register in [0, 1, 2, 5, 6, 9] {
            let programs = ControlFlowPrograms.functionPointers(register)
            #expect(try NativePair(programs.subprogram, isVerified: false).run().value == 43)
            #expect(try NativePair(programs.helper, isVerified: false).run() == RunResult(value: 0))
            #expect(try NativePair(programs.none, isVerified: false).run().fault == .badCall)
        }
    }

    /// Both engines have the same fuel left wherever they are: at each amount they end in the same way.
    @Test func fuelIsSpentAlike() throws {
        var ends: [Fault: Int] = [:]
        for source in ControlFlowPrograms.costly {
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
