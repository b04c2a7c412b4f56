import ISA

/// A program of any length: arithmetic, stores and loads of the stack, and a branch in each block.
enum LongProgram {
    /// `count` instructions, at least 32.
    static func instructions(count: Int) throws(AssemblerError) -> [Instruction] {
        let head = try Assembler.assemble(
            """
            ldxw r6, [r1+12]
            mov r0, 1
            mov r7, r6
            """)
        let tail = try Assembler.assemble("exit")
        let block = try Assembler.assemble(
            """
            add r0, r6
            xor r0, 0x5bd1e995
            mov r2, r0
            lsh r2, 13
            xor r0, r2
            mov32 r3, r0
            rsh r3, 7
            mul r3, r6
            stxdw [r10-8], r3
            and32 r3, 0xff
            jgt r3, 100, +1
            add r7, r3
            ldxdw r4, [r10-8]
            sub r7, r4
            or32 r2, 1
            add r0, r7
            """)
        let filler = block[0]
        var instructions = head
        while instructions.count + block.count + tail.count <= count { instructions += block }
        while instructions.count + tail.count < count { instructions.append(filler) }
        return instructions + tail
    }
}
