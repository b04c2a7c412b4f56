import ISA
import Testing

@Suite struct InstructionValidatorTests {
    static let exit = Instruction(opcode: 0x95)

    /// Whatever the table has is valid when its target is.
    @Test(arguments: InstructionTable.entries)
    func acceptsEveryInstruction(entry: InstructionTable.Entry) {
        for var sample in InstructionSamples.samples(entry) {
            switch entry.operands {
            case .jump, .jumpImm, .jumpReg: sample[0].offset = 0
            case .jumpLong, .callLocal: sample[0].imm = 0
            case .wide where sample[0].src == 4: sample[0].imm = 1
            default: break
            }
            guard !writesR10(entry, sample[0]) else { continue }
            #expect(throws: Never.self) { try InstructionValidator.validate(sample + [Self.exit]) }
        }
    }

    private func writesR10(_ entry: InstructionTable.Entry, _ insn: Instruction) -> Bool {
        switch entry.operands {
        case .aluImm, .aluReg, .unary, .load, .wide: insn.dst == 10
        case .atomic: insn.src == 10 && insn.imm & 1 == 1 && insn.imm != 0xf1
        default: false
        }
    }

    /// Bits in a field that an instruction does not use, one field at a time.
    @Test(arguments: InstructionTable.entries)
    func refusesReservedFields(entry: InstructionTable.Entry) {
        for field in [InstructionField.dst, .src, .offset, .imm] {
            guard entry.role(of: field) == .unused, entry.selector?.field != field else { continue }
            var sample = InstructionSamples.samples(entry)[0]
            switch field {
            case .dst: sample[0].dst = 1
            case .src: sample[0].src = 1
            case .offset: sample[0].offset = 1
            case .imm, .nextImm: sample[0].imm = 1
            }
            #expect(throws: ISAError.reserved(field, 1, at: 0)) {
                try InstructionValidator.validate(sample + [Self.exit])
            }
        }
    }

    @Test(arguments: InstructionTable.entries)
    func refusesRegistersAboveR10(entry: InstructionTable.Entry) {
        for field in [InstructionField.dst, .src] where entry.role(of: field) == .register {
            for register: UInt8 in 11...15 {
                var sample = InstructionSamples.samples(entry)[0]
                if field == .dst { sample[0].dst = register } else { sample[0].src = register }
                #expect(throws: ISAError.badRegister(register, at: 0)) {
                    try InstructionValidator.validate(sample + [Self.exit])
                }
            }
        }
    }

    @Test(arguments: [
        (".quad 0xff\nexit", "insn 0: unknown opcode 0xff"),
        ("mov r0, 0\n.quad 0x00\nexit", "insn 1: unknown opcode 0x00"),
        ("lddw r1, 1\n.quad 0x30085\nexit", "insn 2: offset is reserved, expected 0, got 3"),
        (".quad 0x3085\nexit", "insn 0: opcode 0x85 has no form with src 3"),
        (".quad 0x1000010234\nexit", nil),
        (".quad 0x20037\nexit", "insn 0: opcode 0x37 has no form with offset 2"),
        (".quad 0x2000000db\nexit", "insn 0: opcode 0xdb has no form with imm 2"),
        (".quad 0x9018\n.quad 0\nexit", "insn 0: opcode 0x18 has no form with src 9"),
        ("mov r10, 1\nexit", "insn 0: r10 is read only"),
        ("ldxdw r10, [r1]\nexit", "insn 0: r10 is read only"),
        ("lddw r10, 1\nexit", "insn 0: r10 is read only"),
        ("lock xchg [r1], r10\nexit", "insn 0: r10 is read only"),
        ("lock fetch_add [r1], r10\nexit", "insn 0: r10 is read only"),
        ("lock cmpxchg [r1], r10\nexit", nil),
        ("lock add [r1], r10\nexit", nil),
        ("stxdw [r10-8], r10\nexit", nil),
        ("exit\n.quad 0x18", "insn 1: lddw without its second slot"),
        (".quad 0x18\nexit\nexit", "insn 1: second slot of lddw holds more than imm"),
        (".quad 0x18\n.quad 0x100\nexit", "insn 1: second slot of lddw holds more than imm"),
        (".quad 0x1018\n.quad 0x100000000\nexit", "insn 0: next_imm is reserved, expected 0, got 1"),
        ("ja +1\nexit", "insn 0: target 2 is outside the program"),
        ("mov r0, 0\njeq r0, 0, -3\nexit", "insn 1: target -1 is outside the program"),
        ("jeq r1, 1, +1\nlddw r0, 1\nexit", "insn 0: target 2 is the second slot of lddw"),
        ("gotol 2147483647\nexit", "insn 0: target 2147483648 is outside the program"),
        ("gotol -2147483648\nexit", "insn 0: target -2147483647 is outside the program"),
        ("lddw r0, 1\ncall local -2\nexit", "insn 2: target 1 is the second slot of lddw"),
        ("call local +5\nexit", "insn 0: target 6 is outside the program"),
        ("lddw r1, func +9\nexit", "insn 0: target 10 is outside the program"),
        ("lddw r1, func +0\nexit", "insn 0: target 1 is the second slot of lddw"),
        ("exit\nmov r0, 0", "insn 1: execution falls off the end of the program"),
        ("lddw r0, 1", "insn 0: execution falls off the end of the program"),
        ("jeq r0, 0, -1", "insn 0: execution falls off the end of the program"),
        ("call 1", "insn 0: execution falls off the end of the program"),
        ("ja -1", nil),
        ("gotol -1", nil),
        ("", "no instructions"),
    ])
    func programs(source: String, message: String?) throws {
        let program = try Assembler.assemble(source)
        guard let message else {
            #expect(throws: Never.self) { try InstructionValidator.validate(program) }
            return
        }
        #expect { try InstructionValidator.validate(program) } throws: { "\($0)" == message }
    }
}
