import ISA
import Object
import Testing

@Suite struct LineTests {
    @Test func linesFollowTheLinkedProgram() throws {
        let object = try ObjectFile(elf: Compiler.object("lines.c"))
        let program = object.programs[0]
        #expect(program.lines.map(\.instruction) == program.lines.map(\.instruction).sorted())
        #expect(program.lines.allSatisfy { $0.file.hasSuffix("/lines.c") && $0.line > 0 })

        let call = try #require(program.instructions.firstIndex { $0.opcode == 0x85 && $0.src == 1 })
        let caller = try #require(program.lines.last { $0.instruction <= call })
        #expect(caller.line == 12 && caller.text.contains("sink = helper(sink);"))

        let helper = try #require(program.functions.first { $0.name == "helper" })
        let multiplication = try #require(
            program.instructions.indices.first { $0 >= helper.start && program.instructions[$0].opcode & 0xf0 == 0x20 })
        let line = try #require(program.lines.last { $0.instruction <= multiplication })
        #expect(line.line == 7 && line.text.contains("return x * 3;"))
    }

    @Test func noLinesWithoutDebugInformation() throws {
        let object = try ObjectFile(elf: Compiler.object("lines.c", ["-O2"]))
        #expect(object.programs[0].lines.isEmpty && object.btf == nil)
    }
}
