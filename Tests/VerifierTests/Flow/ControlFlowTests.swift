import ISA
import Object
import Testing

@testable import Verifier

@Suite struct ControlFlowTests {
    static func program(_ source: String, functions: [ObjectProgram.Function]? = nil) throws -> ObjectProgram {
        ObjectProgram(name: "main", instructions: try Assembler.assemble(source), functions: functions)
    }

    private func refused(_ source: String) throws -> Rejection? {
        let program = try Self.program(source)
        do {
            _ = try ControlFlow(program)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        // Targets
        ("ja +1\nexit", Rejection.Category.controlFlow, 0),
        ("ja -2\nexit", .controlFlow, 0),
        ("mov r0, 0\njeq r0, 0, +1\nlddw r0, 1\nexit", .controlFlow, 1),
        ("call local +5\nexit", .controlFlow, 0),
        ("lddw r2, func f\nexit\nf:\nmov r0, 0", .controlFlow, 4 - 1),
        // Into and out of other functions
        ("call local f\nja g\nf:\nmov r0, 0\ng:\nexit", .controlFlow, 1),
        ("call local f\nexit\nf:\nja -2", .controlFlow, 2),
        // Ends
        ("mov r0, 0", .controlFlow, 0),
        ("call local f\nf:\nexit", .controlFlow, 0),
        ("call local f\njeq r0, 0, -2\nf:\nexit", .controlFlow, 1),
        ("ja +2\nexit\ncall 7\nja -3\nlddw r0, 1", .controlFlow, 4),
        // What nothing reaches
        ("ja +1\nmov r0, 1\nmov r0, 0\nexit", .controlFlow, 1),
        ("exit\nexit", .controlFlow, 1),
        ("exit\nlddw r0, 3\nexit", .controlFlow, 1),
        ("mov r0, 0\nexit\ncall local f\nexit\nf:\nexit", .controlFlow, 2),
        // Recursion
        ("call local -1\nexit", .callDepth, 0),
        ("call local f\nexit\nf:\ncall local f\nexit", .callDepth, 2),
        ("call local f\nexit\nf:\ncall local g\nexit\ng:\nlddw r2, func f\nexit", .callDepth, 4),
        // Malformed
        ("mov r10, 1\nexit", .malformed, 0),
        ("mov r0, 0\n.quad 0xff\nexit", .malformed, 1),
    ])
    func refuses(_ source: String, _ category: Rejection.Category, _ slot: Int) throws {
        let rejection = try #require(try refused(source))
        #expect(rejection.category == category)
        #expect(rejection.instruction == slot)
    }

    @Test func nothingIsMalformed() throws {
        #expect(try refused("")?.category == .malformed)
    }

    @Test func findsFunctionsAndJumps() throws {
        let flow = try ControlFlow(
            Self.program(
                """
                    mov r1, 5
                again:
                    add r1, -1
                    call local f
                    jne r0, 0, again
                    lddw r2, func callback
                    call 181
                    exit
                f:
                    jeq r1, 0, done
                    mov r0, 1
                    exit
                done:
                    call 12
                    call local g
                    exit
                callback:
                    exit
                g:
                    gotol +0
                    exit
                """))
        #expect(flow.functions.map(\.name) == ["main", "subprogram_8", "subprogram_14", "subprogram_15"])
        #expect(flow.functions.map(\.start) == [0, 8, 14, 15])
        #expect(flow.functions.map(\.end) == [8, 14, 15, 17])
        #expect(flow.functions.map(\.isCallback) == [false, false, true, false])
        #expect(flow.functions.map(\.hasTailCall) == [false, true, false, false])
        #expect(flow.functions.map(\.callees) == [[1], [3], [], []])
        #expect(flow.isJumpTarget.indices.filter { flow.isJumpTarget[$0] } == [1, 11, 16])
        #expect(flow.isLoopHead.indices.filter { flow.isLoopHead[$0] } == [1])
        #expect(flow.reference(at: 2) == 1)
        #expect(flow.reference(at: 4) == 2)
        #expect(flow.reference(at: 6) == nil)
        #expect(flow.successors(of: 3) == ControlFlow.Successors(next: 4, jump: 1))
        #expect(flow.successors(of: 4) == ControlFlow.Successors(next: 6, jump: nil))
        #expect(flow.successors(of: 15) == ControlFlow.Successors(next: nil, jump: 16))
        for (slot, function) in [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 3, 3].enumerated() {
            #expect(flow.function(at: slot) == function)
        }
    }

    @Test func takesNamesWhereTheyAreKnown() throws {
        let program = try Self.program(
            "call local f\nexit\nf:\nexit",
            functions: [
                .init(name: "entry", start: 0), .init(name: "classify", start: 2), .init(name: "empty", start: 4),
            ])
        #expect(try ControlFlow(program).functions.map(\.name) == ["entry", "classify"])
    }

    /// `count` functions, each of which calls the next.
    private func chain(_ count: Int, last: String = "exit") throws -> ObjectProgram {
        try Self.program(
            (0..<(count - 1)).map { "f\($0):\ncall local f\($0 + 1)\nexit\n" }.joined() + "f\(count - 1):\n\(last)")
    }

    @Test func eightFunctionsMayBeActive() throws {
        #expect(try ControlFlow(chain(8)).functions.count == 8)
        #expect(throws: Rejection.self) { try ControlFlow(chain(9)) }
    }

    @Test func aProgramHas256Functions() throws {
        func program(_ count: Int) throws -> ObjectProgram {
            let calls = (1..<count).map { "call local f\($0)\n" }.joined()
            return try Self.program(calls + "exit\n" + (1..<count).map { "f\($0):\nexit\n" }.joined())
        }
        #expect(try ControlFlow(program(256)).functions.count == 256)
        let tooMany = try program(257)
        let rejection = #expect(throws: Rejection.self) { try ControlFlow(tooMany) }
        #expect(rejection?.category == .tooComplex)
    }

    @Test(arguments: [
        // Depths of a chain, and whether it fits. Frames are multiples of 16.
        ([512], true), ([513], false), ([256, 256], true), ([256, 257], false), ([248, 250], true), ([0, 0, 0], true),
        ([500, 1], false), ([496, 1], true), ([64, 64, 64, 64, 64, 64, 64, 64], true),
        ([64, 64, 64, 64, 64, 64, 64, 72], false),
    ])
    func sumsStacks(_ depths: [Int], _ fits: Bool) throws {
        let flow = try ControlFlow(chain(depths.count))
        if fits {
            try flow.checkStack(depths)
        } else {
            #expect(throws: Rejection.self) { try flow.checkStack(depths) }
        }
    }

    @Test func tailCallsLeaveRoom() throws {
        let flow = try ControlFlow(chain(2, last: "call 12\nexit"))
        try flow.checkStack([240, 64])
        #expect(throws: Rejection.self) { try flow.checkStack([241, 64]) }
    }

    @Test func theDeeperOfTwoCallersCounts() throws {
        let flow = try ControlFlow(
            Self.program("call local a\ncall local b\nexit\na:\ncall local c\nexit\nb:\ncall local c\nexit\nc:\nexit"))
        try flow.checkStack([0, 0, 256, 256])
        #expect(throws: Rejection.self) { try flow.checkStack([0, 256, 0, 272]) }
        #expect(throws: Rejection.self) { try flow.checkStack([0, 0, 256, 272]) }
    }
}
