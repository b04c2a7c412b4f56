import ISA
import Testing

@Suite struct AssemblerTests {
    @Test(arguments: [
        ("mov r0, 1", [Instruction(opcode: 0xb7, imm: 1)]),
        ("mov %r0, %r10", [Instruction(opcode: 0xbf, src: 10)]),
        ("mov32 r3, 0xffffffff", [Instruction(opcode: 0xb4, dst: 3, imm: -1)]),
        ("add r1, -5", [Instruction(opcode: 0x07, dst: 1, imm: -5)]),
        ("sdiv r1, r2", [Instruction(opcode: 0x3f, dst: 1, src: 2, offset: 1)]),
        ("smod32 r1, 7", [Instruction(opcode: 0x94, dst: 1, offset: 1, imm: 7)]),
        ("neg r4", [Instruction(opcode: 0x87, dst: 4)]),
        ("le16 r4", [Instruction(opcode: 0xd4, dst: 4, imm: 16)]),
        ("be64 r4", [Instruction(opcode: 0xdc, dst: 4, imm: 64)]),
        ("bswap32 r4", [Instruction(opcode: 0xd7, dst: 4, imm: 32)]),
        ("movsx832 r1, r2", [Instruction(opcode: 0xbc, dst: 1, src: 2, offset: 8)]),
        ("movsx3264 r1, r2", [Instruction(opcode: 0xbf, dst: 1, src: 2, offset: 32)]),
        (
            "lddw r1, 0x1122334455667788",
            [Instruction(opcode: 0x18, dst: 1, imm: 0x5566_7788), Instruction(opcode: 0, imm: 0x1122_3344)]
        ),
        ("lddw r1, -1", [Instruction(opcode: 0x18, dst: 1, imm: -1), Instruction(opcode: 0, imm: -1)]),
        ("lddw r1, map 3", [Instruction(opcode: 0x18, dst: 1, src: 1, imm: 3), Instruction(opcode: 0)]),
        (
            "lddw r1, map_value 3+8",
            [Instruction(opcode: 0x18, dst: 1, src: 2, imm: 3), Instruction(opcode: 0, imm: 8)]
        ),
        ("ldxw r0, [r1+8]", [Instruction(opcode: 0x61, src: 1, offset: 8)]),
        ("ldxsb r0, [r1]", [Instruction(opcode: 0x91, src: 1)]),
        ("stxdw [r10 - 8], r1", [Instruction(opcode: 0x7b, dst: 10, src: 1, offset: -8)]),
        ("stw [r10-0x4], 5", [Instruction(opcode: 0x62, dst: 10, offset: -4, imm: 5)]),
        ("jeq r1, 0, +3", [Instruction(opcode: 0x15, dst: 1, offset: 3)]),
        ("jslt32 r1, r2, -1", [Instruction(opcode: 0xce, dst: 1, src: 2, offset: -1)]),
        ("ja +0", [Instruction(opcode: 0x05)]),
        ("gotol -1", [Instruction(opcode: 0x06, imm: -1)]),
        ("call 1", [Instruction(opcode: 0x85, imm: 1)]),
        ("call local +1", [Instruction(opcode: 0x85, src: 1, imm: 1)]),
        ("call kfunc 9", [Instruction(opcode: 0x85, src: 2, imm: 9)]),
        ("callx r3", [Instruction(opcode: 0x8d, dst: 3)]),
        ("exit", [Instruction(opcode: 0x95)]),
        ("lock add [r1+0], r2", [Instruction(opcode: 0xdb, dst: 1, src: 2)]),
        ("lock32 fetch_or [r1-4], r2", [Instruction(opcode: 0xc3, dst: 1, src: 2, offset: -4, imm: 0x41)]),
        ("lock xchg32 [r1], r2", [Instruction(opcode: 0xc3, dst: 1, src: 2, imm: 0xe1)]),
        ("lock cmpxchg [r1], r2", [Instruction(opcode: 0xdb, dst: 1, src: 2, imm: 0xf1)]),
        ("ldabsh 12", [Instruction(opcode: 0x28, imm: 12)]),
        ("ldindb r3, 4", [Instruction(opcode: 0x50, src: 3, imm: 4)]),
    ])
    func encodes(source: String, expected: [Instruction]) throws {
        #expect(try Assembler.assemble(source) == expected)
    }

    @Test func resolvesLabelsAcrossWideInstructions() throws {
        let program = try Assembler.assemble(
            """
            start:  jeq r1, 0, done   # forward
                    lddw r0, 1        ; two slots
                    lddw r2, func sub
                    call local sub    // a subprogram
                    jne32 r0, r1, start
            done:   exit
            sub: also:
                    gotol done
            """)
        #expect(program.map(\.offset) == [6, 0, 0, 0, 0, 0, -7, 0, 0])
        #expect(program[3].imm == 4)
        #expect(program[5].imm == 2)
        #expect(program[8].imm == -2)
    }

    @Test(arguments: [
        ("mov r0, 1\nfrob r0", "line 2: unknown instruction 'frob'"),
        ("mov r11, 1", "line 1: no register 'r11', expected r0 to r10"),
        ("mov r0", "line 1: expected 'mov dst, src or mov dst, imm'"),
        ("\n\nexit r0", "line 3: expected 'exit'"),
        ("mov r0, 0x1ffffffff", "line 1: 8589934591 does not fit in 32 bits"),
        ("mov r0, -2147483649", "line 1: -2147483649 does not fit in 32 bits"),
        ("ldxw r0, [r1+32768]", "line 1: 32768 does not fit in 16 bits"),
        ("ja nowhere", "line 1: unknown label 'nowhere'"),
        ("a:\na: exit", "line 2: label 'a' stands twice"),
        ("mov r0, 12z", "line 1: '12z' is not a number"),
        ("mov r0, @", "line 1: unexpected character '@'"),
        ("mov r0 1", "line 1: expected ',', got 1"),
        ("mov r0,", "line 1: expected an operand, got the end of the line"),
        ("ldxw r0, [r1+8", "line 1: expected ']', got the end of the line"),
        ("ldxw r0, [8]", "line 1: expected a register, got 8"),
        ("ldxw r0, [r1 8]", "line 1: expected '+' or '-', got 8"),
        ("movsx832 r0, 1", "line 1: expected 'movsx832 dst, src'"),
        ("[r1]", "line 1: expected an instruction, got '['"),
        ("lddw r0, map", "line 1: expected 'lddw dst, imm64'"),
        ("lddw r0, 0x10000000000000000", "line 1: '0x10000000000000000' is not a number"),
        ("call", "line 1: expected 'call imm'"),
        ("lock add [r1], 5", "line 1: expected 'lock add [dst+offset], src'"),
    ])
    func refuses(source: String, message: String) {
        #expect { try Assembler.assemble(source) } throws: { "\($0)" == message }
    }

    @Test func refusesJumpsBeyond16Bits() throws {
        let body = String(repeating: "mov r0, 0\n", count: 32768)
        #expect { try Assembler.assemble("ja far\n" + body + "far: exit") } throws: {
            "\($0)" == "line 1: label 'far' is 32768 instructions away, more than 16 bits"
        }
        #expect(try Assembler.assemble("gotol far\n" + body + "far: exit").first?.imm == 32768)
    }
}
