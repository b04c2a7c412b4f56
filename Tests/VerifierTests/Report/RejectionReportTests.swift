import Foundation
import ISA
import Object
import Testing

@testable import Verifier

@Suite struct RejectionReportTests {
    private static func line(_ number: Int, _ text: String, column: Int = 0) -> ObjectProgram.SourceLine {
        .init(instruction: 0, file: "filter.c", line: number, column: column, text: text)
    }

    private static let whole = Rejection(
        .outOfBounds, "r1 reads 4 bytes at packet+26, 14 bytes are checked", function: "filter", instruction: 7,
        disassembly: "r1 = *(u32 *)(r2 + 0x1a)", source: line(42, "\tif (ip->saddr == blocked)", column: 6),
        path: [
            .init(
                instruction: 3, disassembly: "r2 = *(u32 *)(r1 + 0x0)", source: line(38, "void *data = x;"),
                note: "r2 = packet"),
            .init(instruction: 4, disassembly: "r3 = r2", source: line(38, "void *data = x;")),
        ],
        registers: [
            .init(name: "r2", type: "packet", value: "packet, 14 bytes checked"),
            .init(name: "r3", type: "number", value: "0...7"),
        ],
        suggestion: "compare data + 30 with data_end first")

    @Test func readsLikeACompilersError() {
        #expect(
            RejectionText(Self.whole).text == """
                filter.c:42:6: error: out-of-bounds: r1 reads 4 bytes at packet+26, 14 bytes are checked
                   42 | \tif (ip->saddr == blocked)
                      | \t    ^
                in filter, insn 7: r1 = *(u32 *)(r2 + 0x1a)
                how it came to this:
                   38 | void *data = x;
                      insn 3: r2 = *(u32 *)(r1 + 0x0)  ->  r2 = packet
                      insn 4: r3 = r2
                r2: packet, 14 bytes checked
                r3: number, 0...7
                hint: compare data + 30 with data_end first
                """)
    }

    @Test(
        arguments: [
            (Rejection(.malformed, "no code"), "program: error: malformed: no code"),
            (Rejection(.callDepth, "too deep", function: "f"), "f: error: call-depth: too deep"),
            (
                Rejection(.badCall, "no", function: "f", instruction: 3, disassembly: "call 9"),
                "f, insn 3: error: bad-call: no\nin f, insn 3: call 9"
            ),
        ] as [(Rejection, String)])
    func saysWhatThereIs(rejection: Rejection, text: String) {
        #expect(RejectionText(rejection).text == text)
    }

    /// An object's strings are its author's.
    @Test func noTerminalIsCommanded() {
        var rejection = Self.whole
        rejection.source?.file = "a\u{1b}[2J.c"
        rejection.source?.text = "x\u{7}\u{202e}\ny"
        rejection.function = "f\u{9b}31m\r"
        rejection.path[0].source?.text = "\u{1b}]0;title\u{7}"
        rejection.reason = "\u{8}"
        let text = RejectionText(rejection).text
        let commands = text.unicodeScalars.filter {
            $0.value < 0x20 && $0 != "\n" && $0 != "\t" || 0x7f..<0xa0 ~= $0.value
        }
        #expect(commands.isEmpty)
        #expect(!text.contains("\u{202e}"))
        #expect(text.split(separator: "\n").count == RejectionText(Self.whole).text.split(separator: "\n").count)
    }

    @Test(
        arguments: [
            whole, Rejection(.timeLimit, "the time ran out"),
            Rejection(.notOffered, "no", function: "f", instruction: 0, path: [.init(instruction: 1, disassembly: "")]),
        ])
    func documentHoldsAllOfIt(rejection: Rejection) throws {
        let text = try JSONEncoder().encode(rejection)
        var expected = rejection
        // A document has no use for where the line begins.
        expected.source?.instruction = rejection.instruction ?? 0
        expected.path = rejection.path.map { step in
            var step = step
            step.source?.instruction = step.instruction
            return step
        }
        #expect(try JSONDecoder().decode(Rejection.self, from: text) == expected)
    }

    @Test func membersAreThoseOfTheContract() throws {
        let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(Self.whole)) as? [String: Any]
        #expect(
            object?.keys.sorted() == [
                "category", "function", "instruction", "path", "reason", "registers", "source", "suggestion",
            ])
        #expect(object?["category"] as? String == "out-of-bounds")
        #expect((object?["instruction"] as? [String: Any])?["index"] as? Int == 7)
        #expect((object?["source"] as? [String: Any])?["line"] as? Int == 42)
        let small = try JSONSerialization.jsonObject(with: JSONEncoder().encode(Rejection(.malformed, "x")))
        #expect((small as? [String: Any])?.keys.sorted() == ["category", "function", "path", "reason", "registers"])
    }

    private func rejection(_ source: String) throws -> Rejection? {
        var options = Verifier.Options()
        options.assumeOffered = true
        let code = ObjectProgram(name: "report", instructions: try Assembler.assemble(source))
        return Verifier.verify(code, type: .xdp, options: options).rejection
    }

    @Test func pathsShowWhatWasCheckedOfACopy() throws {
        let rejection = try rejection(
            """
            ldxw r2, [r1+0]
            ldxw r3, [r1+4]
            mov r4, r2
            add r4, 14
            jgt r4, r3, 1
            ldxb r0, [r2+14]
            mov r0, 1
            exit
            """)
        #expect(rejection?.path.map(\.instruction) == [0, 4])
        #expect(rejection?.reason == "reads byte 14 of the packet from the pointer, of which 14 were checked")
    }

    @Test func pathsShowTheCallThatMovedThePacket() throws {
        let rejection = try rejection(
            """
            mov r6, r1
            ldxw r7, [r1+0]
            mov r2, 4
            call 65
            ldxb r0, [r7+0]
            exit
            """)
        #expect(rejection?.category == .stalePointer)
        #expect(rejection?.path.map(\.disassembly).contains("call 0x41 ; bpf_xdp_adjust_tail") == true)
    }
}
