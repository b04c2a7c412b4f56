import ISA
import Object
import Testing

@testable import Verifier

@Suite struct LivenessTests {
    private func liveness(_ source: String) throws -> Liveness {
        let program = try ControlFlowTests.program(source)
        return Liveness(program, try ControlFlow(program), maps: maps)
    }

    private static func allBut(_ slot: Int) -> String {
        (0..<64).filter { $0 != slot }.map(String.init).joined(separator: ",")
    }

    private let maps = [
        MapDescription(name: "a", attributes: MapAttributes(type: .array, keySize: 4, valueSize: 16, maxEntries: 4)),
        MapDescription(name: "b", attributes: MapAttributes(type: .queue, keySize: 0, valueSize: 8, maxEntries: 4)),
        MapDescription(
            name: "c", attributes: MapAttributes(type: .bloomFilter, keySize: 0, valueSize: 8, maxEntries: 4)),
    ]

    /// Registers as digits: `016` is r0, r1 and r6.
    private func digits(_ mask: UInt16) -> String {
        (0..<16).filter { mask >> $0 & 1 == 1 }.map(String.init).joined()
    }

    /// Slots of the stack: `0,3`.
    private func list(_ mask: UInt64) -> String {
        mask == .max ? "all" : (0..<64).filter { mask >> $0 & 1 == 1 }.map(String.init).joined(separator: ",")
    }

    @Test(arguments: [
        ("mov r0, 0\nexit", ["", "0"]),
        ("mov r0, r1\nmov r0, r2\nexit", ["12", "2", "0"]),
        ("add r0, r1\nexit", ["01", "0"]),
        ("xor r0, r0\nexit", ["0", "0"]),
        ("neg r3\nmov32 r0, r3\nexit", ["3", "3", "0"]),
        ("movsx832 r0, r3\nexit", ["3", "0"]),
        // Either side of a branch
        ("jeq r1, r2, +2\nmov r0, r3\nexit\nmov r0, r4\nexit", ["1234", "3", "0", "4", "0"]),
        // A loop
        ("mov r0, 0\nadd r0, r7\nadd r6, -1\njne32 r6, 0, -3\nexit", ["67", "067", "067", "067", "0"]),
        ("lddw r1, 5\nmov r0, r1\nexit", ["", "", "1", "0"]),
        ("ldxw r1, [r2+4]\nstxb [r1+0], r3\nstb [r4+0], 1\nexit", ["0234", "0134", "04", "0"]),
        ("lock add [r1+0], r2\nexit", ["012", "0"]),
        ("lock fetch_add [r1+0], r2\nmov r0, r2\nexit", ["12", "2", "0"]),
        ("lock cmpxchg [r1+0], r2\nexit", ["012", "0"]),
        ("call 1\nexit", ["12", "0"]),
        ("call 5\nexit", ["", "0"]),
        ("call 6\nexit", ["12345", "0"]),
        // Calls leave r6 to r9
        ("call 9999\nadd r0, r6\nexit", ["123456", "06", "0"]),
        ("call local f\nadd r0, r9\nexit\nf:\nmov r0, r2\nexit", ["29", "09", "0", "2", "0"]),
        (
            "call local f\nexit\nf:\nmov r6, r5\ncall local g\nadd r0, r6\nexit\ng:\nadd r0, r6\nexit",
            ["5", "0", "5", "6", "06", "0", "06", "0"]
        ),
    ])
    func registers(_ source: String, _ expected: [String]) throws {
        #expect(try liveness(source).registers.map(digits) == expected)
    }

    @Test(arguments: [
        ("stdw [r10-8], 1\nldxdw r0, [r10-8]\nexit", ["", "0", ""]),
        ("ldxb r0, [r10-512]\nldxb r0, [r10-1]\nexit", ["0,63", "0", ""]),
        ("ldxdw r0, [r10-12]\nexit", ["0,1", ""]),
        // What is written in parts
        ("stw [r10-8], 1\nstw [r10-4], 1\nldxdw r0, [r10-8]\nexit", ["", "0", "0", ""]),
        ("stw [r10-8], 1\nldxdw r0, [r10-8]\nexit", ["0", "0", ""]),
        ("stw [r10-4], 1\nldxw r0, [r10-4]\nexit", ["", "0", ""]),
        // Through a copy
        ("mov r2, r10\nadd r2, -16\nstdw [r2+8], 1\nldxdw r0, [r10-8]\nexit", ["", "", "", "0", ""]),
        ("mov r2, r10\nsub r2, 24\nldxdw r0, [r2+0]\nexit", ["2", "2", "2", ""]),
        ("mov r2, -24\nadd r2, r10\nldxdw r0, [r2+0]\nexit", ["2", "2", "2", ""]),
        // At an offset that is not known
        ("mov r2, r10\nadd r2, r1\nstdw [r2+0], 1\nldxdw r0, [r10-8]\nexit", ["0", "0", "0", "0", ""]),
        ("mov r2, r10\nadd r2, r1\nldxb r0, [r2+0]\nexit", ["all", "all", "all", ""]),
        // Through a pointer to something else
        ("stdw [r1+0], 1\nldxdw r0, [r1-8]\nexit", ["", "", ""]),
        // Stored, and loaded again
        (
            "mov r2, r10\nadd r2, -16\nstxdw [r10-8], r2\nldxdw r3, [r10-8]\nldxb r0, [r3+0]\nexit",
            ["1", "1", "1", "0,1", "1", ""]
        ),
        // Stored to one of two places
        (
            "mov r8, r10\njeq r1, 0, +1\nadd r8, -8\nstxdw [r8-16], r10\nldxdw r4, [r10-24]\nldxb r0, [r4-40]\nexit",
            ["all", "all", "all", "all", "all", "all", ""]
        ),
        // Stored on one of two ways
        (
            "jeq r1, 0, +1\nstxdw [r10-8], r10\nldxdw r4, [r10-8]\nldxb r0, [r4-40]\nexit",
            ["all", allBut(0), "all", "all", ""]
        ),
        // Stored, and maybe replaced by a callee
        (
            "stxdw [r10-16], r10\nmov r1, r10\ncall local f\nldxdw r4, [r10-16]\nstdw [r4-8], 1\n"
                + "ldxdw r0, [r10-8]\nexit\nf:\nexit",
            [allBut(1), "all", "all", "0,1", "0", "0", "", ""]
        ),
        // Stored by a callee, and returned by one
        (
            "mov r1, r10\ncall local f\nldxdw r4, [r10-16]\nldxb r0, [r4-40]\nexit\nf:\nexit",
            ["all", "all", "all", "all", "", ""]
        ),
        (
            "mov r1, r10\ncall local f\nstdw [r10-16], 1\nldxdw r4, [r10-16]\nldxb r0, [r4-40]\nexit\nf:\nexit",
            ["all", "all", "", "1", "", "", ""]
        ),
        ("mov r1, r10\ncall local f\nldxb r0, [r0-40]\nexit\nf:\nexit", ["all", "all", "all", "", ""]),
        // An atomic operation reads
        ("lock32 add [r10-4], r1\nexit", ["0", ""]),
        // A loop
        (
            "stdw [r10-8], 0\nldxdw r1, [r10-8]\nadd r1, 1\nstxdw [r10-8], r1\njne r1, 9, -4\nexit",
            ["", "0", "", "", "0", ""]
        ),
        // A helper reads what it is told to, or from its argument upwards, if that is not known
        ("mov r1, r10\nadd r1, -24\nmov r2, 8\ncall 6\nexit", ["2", "2", "2", "2", ""]),
        ("mov r1, r10\nadd r1, -16\ncall 6\nexit", ["0,1", "0,1", "0,1", ""]),
        ("mov r1, r10\nadd r1, -16\nmov r2, 8\ncall 16\nexit", ["", "", "", "", ""]),
        ("mov r2, r10\nadd r2, -12\nlddw r1, map 0\ncall 1\nexit", ["1", "1", "1", "", "1", ""]),
        ("mov r2, r10\nadd r2, -16\nlddw r1, map 7\ncall 1\nexit", ["0,1", "0,1", "0,1", "", "0,1", ""]),
        (
            "lddw r1, map 0\nmov r2, r10\nadd r2, -4\nmov r3, r10\nadd r3, -32\ncall 2\nexit",
            ["0,2,3", "", "0,2,3", "0,2,3", "0,2,3", "0,2,3", "0,2,3", ""]
        ),
        ("lddw r1, map 1\nmov r2, r10\nadd r2, -8\ncall 88\nexit", ["", "", "", "", "", ""]),
        ("lddw r1, map 2\nmov r2, r10\nadd r2, -8\ncall 89\nexit", ["0", "", "0", "0", "0", ""]),
        ("mov r1, r10\nadd r1, -16\ncall 9999\nexit", ["all", "all", "all", ""]),
        // A subprogram anything, but not without an address
        ("mov r1, r10\ncall local f\nexit\nf:\nexit", ["all", "all", "", ""]),
        ("mov r1, 0\ncall local f\nldxdw r0, [r10-8]\nexit\nf:\nexit", ["0", "0", "0", "", ""]),
    ])
    func stack(_ source: String, _ expected: [String]) throws {
        #expect(try liveness(source).stack.map(list) == expected)
    }

    @Test func whatACallerKeeps() throws {
        let live = try liveness(
            """
                mov r6, r1
                call local f
                mov r1, r10
                add r1, -8
                call local f
                add r0, r6
                ldxdw r2, [r10-16]
                exit
            f:
                exit
            """)
        #expect(digits(live.registersDuringCall(at: 1, isCallback: false)) == "6")
        #expect(list(live.stackDuringCall(at: 1)) == "all")
        #expect(list(live.stackDuringCall(at: 4)) == "all")
        #expect(list(live.stack[5]) == "1")
    }

    /// Where it takes too long to find out, everything is live.
    @Test(arguments: [0, 3, 6, 1000])
    func whatTakesTooLongIsLive(_ visits: Int) throws {
        let program = try ControlFlowTests.program(
            "mov r1, 9\ncall local f\nadd r1, -1\njne r1, 0, -2\nmov r0, 0\nexit\nf:\nexit")
        let live = Liveness(program, try ControlFlow(program), mostVisits: visits)
        #expect((live.stack[0] == .max) == (visits < 1000))
        #expect((live.stackDuringCall(at: 1) == .max) == (visits < 1000))
        #expect(visits > 0 || live.registers[3] == RegisterUse.all)
    }

    @Test func setsOfBytes() {
        #expect(StackBytes(offsets: -512..<0) == .all)
        #expect(StackBytes(offsets: -600..<10) == .all)
        #expect(StackBytes(offsets: 0..<8).isEmpty)
        #expect(StackBytes(offsets: -8 ..< -8).isEmpty)
        for low in stride(from: -512, to: 0, by: 13) {
            for high in stride(from: low + 1, through: 0, by: 31) {
                let bytes = StackBytes(offsets: low..<high)
                var slots: UInt64 = 0
                var wrong: [Int] = []
                for offset in -512..<0 {
                    if bytes.contains(offset: offset) != (low..<high).contains(offset) { wrong.append(offset) }
                    if (low..<high).contains(offset) { slots |= 1 << UInt64((-1 - offset) / 8) }
                }
                #expect(bytes.slots == slots && wrong.isEmpty)
            }
        }
    }
}
