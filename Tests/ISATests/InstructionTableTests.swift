import ISA
import Testing

@Suite struct InstructionTableTests {
    @Test func everyOperationHasItsEntryInOrder() {
        #expect(InstructionTable.entries.map(\.operation) == Operation.allCases)
    }

    @Test func entriesDifferInOpcodeOrSelector() {
        let keys = InstructionTable.entries.map { "\($0.opcode) \(String(describing: $0.selector))" }
        #expect(Set(keys).count == Operation.allCases.count)
    }

    @Test(arguments: InstructionTable.entries)
    func samplesAreFoundAgain(entry: InstructionTable.Entry) {
        for sample in InstructionSamples.samples(entry) {
            #expect(InstructionTable.entry(for: sample[0]) == entry)
            #expect(InstructionTable.operation(of: sample[0]) == entry.operation)
        }
    }

    /// Every opcode with every selector is in the table or is not, as the RFC's bit fields say.
    @Test(arguments: UInt8.min...UInt8.max)
    func knowsWhatTheFieldsDefine(opcode: UInt8) {
        let imms =
            [Int32](arrayLiteral: -1, .min, .max, 0x100, 0x101, 0x10001) + stride(from: 0, through: 0xf0, by: 16)
            + stride(from: 1, through: 0xf1, by: 16) + [2, 3, 8, 24, 63, 65, 128]
        for src in UInt8(0)...15 {
            for offset: Int16 in [0, 1, 2, 7, 8, 9, 16, 24, 32, 64, -1, .min, .max] {
                for imm in imms {
                    let insn = Instruction(opcode: opcode, src: src, offset: offset, imm: imm)
                    if (InstructionTable.entry(for: insn) != nil) != isDefined(insn) {
                        Issue.record("\(insn): \(isDefined(insn) ? "missing" : "too many")")
                    }
                }
            }
        }
    }

    /// RFC 9669 sections 4 and 5, from the bits.
    private func isDefined(_ insn: Instruction) -> Bool {
        let (mode, size, code) = (insn.opcode >> 5, insn.opcode >> 3 & 3, insn.opcode >> 4)
        let usesRegister = insn.opcode & 8 != 0
        switch insn.opcode & 7 {
        case 0: return insn.opcode == 0x18 || ((mode == 1 || mode == 2) && size != 3)
        case 1: return mode == 3 || (mode == 4 && size != 3)
        case 2: return mode == 3
        case 3:
            let atomics: Set<Int32> = [0, 1, 0x40, 0x41, 0x50, 0x51, 0xa0, 0xa1, 0xe1, 0xf1]
            return mode == 3 || (mode == 6 && (size == 0 || size == 3) && atomics.contains(insn.imm))
        case 4, 7:
            switch code {
            case 3, 9: return insn.offset == 0 || insn.offset == 1
            case 8: return !usesRegister
            case 11:
                let widths: Set<Int16> = insn.opcode & 7 == 7 ? [0, 8, 16, 32] : [0, 8, 16]
                return !usesRegister || widths.contains(insn.offset)
            case 13: return [16, 32, 64].contains(insn.imm) && !(insn.opcode & 7 == 7 && usesRegister)
            default: return code < 14
            }
        case 5:
            switch code {
            case 0, 9: return !usesRegister
            case 8: return usesRegister || insn.src <= 2
            default: return code < 14
            }
        default:
            return code == 0 ? !usesRegister : code < 14 && code != 8 && code != 9
        }
    }

    @Test(arguments: [
        (ConformanceGroup.base32, 65), (.base64, 54), (.atomic32, 10), (.atomic64, 10), (.divmul32, 10),
        (.divmul64, 10), (.packet, 6),
    ])
    func groups(group: ConformanceGroup, count: Int) {
        #expect(InstructionTable.entries.count { $0.group == group } == count)
    }
}
