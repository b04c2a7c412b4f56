import Foundation
import ISA
import Testing

@Suite struct DisassemblerTests {
    /// Slot, bytes and text of each line that llvm-objdump printed.
    static let reference: [(slot: Int, bytes: [UInt8], text: String)] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Fixtures/isa/llvm-objdump.txt")
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            let columns = line.split(separator: "\t")
            let bytes = columns[1].split(separator: " ").map { UInt8($0, radix: 16)! }
            return (Int(columns[0].dropLast().filter { $0 != " " })!, bytes, String(columns[2]))
        }
    }()

    @Test func speaksAsLLVMDoes() throws {
        #expect(Self.reference.count == 250)
        for (slot, bytes, text) in Self.reference {
            // Exits up to the slot, so that jumps go where they went.
            let before = [Instruction](repeating: Instruction(opcode: 0x95), count: slot)
            var options = Disassembler.Options()
            options.functions = [0: "f"]
            let program = before + (try InstructionCodec.decode(bytes))
            let line = try #require(Disassembler.disassemble(program, options: options).last)
            let withoutCallee = line.text.hasPrefix("call") ? line.text.prefix { $0 != "<" } : line.text[...]
            #expect(withoutCallee.trimmingCharacters(in: .whitespaces) == text)
            #expect(line.bytes == bytes)
            #expect(line.slot == slot)
        }
    }

    @Test func theReferenceHoldsEveryInstruction() throws {
        let seen = try Self.reference.compactMap {
            InstructionTable.operation(of: try InstructionCodec.decode($0.bytes)[0])
        }
        #expect(Set(seen) == Set(Operation.allCases))
    }

    @Test func namesWhatItKnows() throws {
        let program = try Assembler.assemble(
            """
            lddw r1, map 1
            lddw r2, map_value 2+8
            lddw r3, func sub
            lddw r4, map_value 7
            call 1
            call local sub
            exit
            sub: jeq r1, 0, +0
            exit
            """)
        var options = Disassembler.Options()
        options.functions = [0: "main", 11: "sub"]
        options.maps = [1: "fdb", 2: ".rodata"]
        options.helpers = [1: "bpf_map_lookup_elem"]
        options.source = [0: "int main(void)", 11: "if (x)"]
        let lines = Disassembler.disassemble(program, options: options)
        #expect(
            lines.map(\.text) == [
                "r1 = map[fdb]", "r2 = map[.rodata][0]+0x8", "r3 = func[+0x6] <sub>", "r4 = map[7][0]",
                "call 0x1 <bpf_map_lookup_elem>", "call 0x1 <sub>", "exit", "if r1 == 0x0 goto +0x0 <sub+0x8>", "exit",
            ])
        #expect(lines.map(\.slot) == [0, 2, 4, 6, 8, 9, 10, 11, 12])
        #expect(
            Disassembler.listing(Array(lines.suffix(3))) == """
                      10:\t95 00 00 00 00 00 00 00\texit

                0000000000000058 <sub>:
                ; if (x)
                      11:\t15 01 00 00 00 00 00 00\tif r1 == 0x0 goto +0x0 <sub+0x8>
                      12:\t95 00 00 00 00 00 00 00\texit

                """)
        #expect(
            Disassembler.listing(lines).hasPrefix("0000000000000000 <main>:\n; int main(void)\n       0:\t18 11 00"))
    }

    @Test(arguments: [
        [Instruction(opcode: 0xff)],
        [Instruction(opcode: 0xb7, dst: 11)],
        [Instruction(opcode: 0xbf, dst: 1, src: 12)],
        [Instruction(opcode: 0x18, dst: 1, imm: 5)],
        [Instruction(opcode: 0x18, dst: 1, src: 9), Instruction(opcode: 0)],
        [Instruction(opcode: 0xdb, imm: 2)],
    ])
    func saysWhatIsUnknown(program: [Instruction]) {
        let lines = Disassembler.disassemble(program)
        #expect(lines.map(\.text) == ["<unknown>"])
        #expect(lines[0].bytes.count == program.count * 8)
    }

    @Test(arguments: InstructionTable.entries)
    func assemblyRoundTrips(entry: InstructionTable.Entry) throws {
        let program = InstructionSamples.samples(entry).flatMap { $0 }
        let source = Disassembler.assembly(program)
        #expect(!source.contains(".quad"))
        #expect(try Assembler.assemble(source) == program)
    }

    @Test func assemblyRoundTripsAnyBits() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let bytes = (0..<64).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let program = try InstructionCodec.decode(bytes)
            #expect(try Assembler.assemble(Disassembler.assembly(program)) == program)
            #expect(Disassembler.disassemble(program).flatMap(\.bytes) == bytes)
        }
    }
}
