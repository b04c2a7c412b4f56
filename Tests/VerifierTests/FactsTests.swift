import ISA
import Object
import Testing
import Verifier

/// What an accepted program's verdict tells the engine.
@Suite struct FactsTests {
    private static let array = MapDescription(
        name: "array",
        attributes: MapAttributes(type: .array, keySize: 4, valueSize: 8, maxEntries: 16))
    private static let hash = MapDescription(
        name: "hash", attributes: MapAttributes(type: .hash, keySize: 4, valueSize: 8, maxEntries: 16))

    private func facts(_ source: String) throws -> Verifier.Facts {
        var options = Verifier.Options()
        options.assumeOffered = true
        let code = ObjectProgram(name: "facts", instructions: try Assembler.assemble(source))
        let verdict = Verifier.verify(code, type: .vale, maps: [Self.array, Self.hash], options: options)
        #expect(verdict.isAccepted, "\(verdict.rejection?.reason ?? "")")
        return verdict.facts
    }

    @Test func jumpsThatGoOneWay() throws {
        let facts = try facts(
            """
            ldxw r2, [r1+16]
            and r2, 7
            jgt r2, 7, 1
            jeq r2, 3, 1
            mov r2, 1
            mov r0, r2
            exit
            """)
        #expect(facts.outcomes[2] == [.reached, .notTaken])
        #expect(facts.outcomes[3] == [.reached, .taken, .notTaken])
        #expect(facts.outcomes[0] == [.reached])
    }

    @Test func codeThatIsNotReached() throws {
        let facts = try facts(
            """
            mov r0, 1
            jeq r0, 1, 1
            mov r0, 2
            exit
            """)
        #expect(facts.outcomes[2] == [])
        #expect(facts.outcomes[1] == [.reached, .taken])
    }

    @Test func theMapAndTheIndexOfALookup() throws {
        let facts = try facts(
            """
            ldxw r3, [r1+16]
            and r3, 3
            add r3, 4
            stxw [r10-4], r3
            mov r2, r10
            add r2, -4
            lddw r1, map 0
            call 1
            ldxdw r0, [r0+0]
            exit
            """)
        #expect(facts.mapCalls[8] == Verifier.MapCall(map: 0, index: 4...7))
    }

    @Test func oneOfTwoMaps() throws {
        let facts = try facts(
            """
            ldxw r3, [r1+16]
            stw [r10-4], 2
            mov r2, r10
            add r2, -4
            lddw r1, map 0
            jeq r3, 0, 2
            lddw r1, map 1
            call 1
            mov r0, 0
            exit
            """)
        #expect(facts.mapCalls[9] == Verifier.MapCall())
    }
}
