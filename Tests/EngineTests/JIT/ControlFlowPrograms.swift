/// Programs with jumps and calls, for the native code of every processor.
enum ControlFlowPrograms {
    /// Jumps forward and back over so many instructions, depending on the first word of memory.
    static func jumps(over count: Int) -> String {
        let filler = String(repeating: "add r0, 1\n", count: count)
        return """
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
    }

    /// Many jumps whose lengths depend on one another.
    static func chain(_ width: Int) -> String {
        var source = "mov r0, 0\nldxdw r2, [r1+0]\n"
        for index in 0..<400 {
            source += "l\(index): jset r2, \(1 << (index % 8)), l\(min(index + width, 400))\nadd r0, \(index)\n"
        }
        return source + "l400: exit"
    }

    static let sevenCalls: String = {
        var source = "mov r6, 1\nmov r7, 2\nmov r8, 3\nmov r9, 4\nstdw [r10-8], 5\ncall local f1\n"
        source += "ldxdw r1, [r10-8]\n" + (6...9).map { "mul r0, 3\nadd r0, r\($0)\n" }.joined() + "add r0, r1\nexit\n"
        for level in 1...7 {
            source += "f\(level): stdw [r10-8], \(level * 10)\nmov r6, \(level)\nmov r9, r6\n"
            source += level < 7 ? "call local f\(level + 1)\n" : "mov r0, 1000\n"
            source += "ldxdw r1, [r10-8]\nadd r0, r1\nadd r0, r6\nadd r0, r9\nexit\n"
        }
        return source
    }()

    static let tooDeep = "mov r0, 0\nf: add r0, 1\ncall local f\nexit"

    /// A pointer to a subprogram that gives 43; a helper by its number; the number of none.
    static func functionPointers(_ register: Int) -> (subprogram: String, helper: String, none: String) {
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
        return (
            source, "mov r\(register), 8\ncallx r\(register)\nexit",
            "lddw r\(register), 0x100000008\ncallx r\(register)\nexit"
        )
    }

    /// Loops, and calls in loops and calls, which cost fuel.
    static let costly: [String] = {
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
        return [loop, nested, calls]
    }()
}
