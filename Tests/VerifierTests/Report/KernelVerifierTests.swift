import ISA
import Object
import Testing
import Verifier

@testable import KernelRun

/// Holds the referee itself to account, before its verdicts are compared with Swale's.
@Suite(.enabled(if: KernelVerifier.isAvailable, "loading programs needs root")) struct KernelVerifierTests {
    private func verdict(_ source: String, maps: [MapDescription] = []) throws -> KernelVerifier.Verdict {
        try KernelVerifier.verify(
            ObjectProgram(name: "test", instructions: try Assembler.assemble(source)), maps: maps)
    }

    @Test func saysWhyItRefuses() throws {
        #expect(try verdict("mov r0, 2\nexit") == .accepted)
        #expect(try verdict("exit") == .refused("R0 !read_ok"))
    }

    @Test func mapsAreFoundByIndex() throws {
        let maps = [
            MapDescription(
                name: "array", attributes: MapAttributes(type: .array, keySize: 4, valueSize: 8, maxEntries: 1)),
            MapDescription(
                name: ".rodata",
                attributes: MapAttributes(
                    type: .array, keySize: 4, valueSize: 8, maxEntries: 1, flags: .readOnlyProgram),
                constantValue: [1, 2, 3, 4, 5, 6, 7, 8]),
        ]
        // Not known, the word of .rodata would be no offset into the stack.
        let source = """
            mov r0, 0
            stxdw [r10-8], r0
            lddw r1, map_value 1+0
            ldxb r2, [r1+3]
            mov r3, r10
            neg r2
            add r3, r2
            ldxw r0, [r3-4]
            lddw r4, map_value 0+0
            stxdw [r4+0], r0
            exit
            """
        let known = try verdict(source, maps: maps)
        #expect(known == .accepted)
        #expect(try !verdict(source, maps: maps.reversed()).isAccepted)
    }

    @Test func mapsInMapsAndSpinLocks() throws {
        let inner = MapAttributes(type: .array, keySize: 4, valueSize: 8, maxEntries: 4)
        let maps = [
            MapDescription(
                name: "outer", attributes: MapAttributes(type: .arrayOfMaps, keySize: 4, valueSize: 4, maxEntries: 2),
                inner: inner),
            MapDescription(
                name: "locked", attributes: MapAttributes(type: .hash, keySize: 8, valueSize: 16, maxEntries: 2),
                spinLockOffset: 4),
        ]
        let source = """
            mov r6, 0
            stxdw [r10-8], r6
            lddw r1, map 0
            mov r2, r10
            add r2, -8
            call 1
            jeq r0, 0, out
            lddw r1, map 1
            mov r2, r10
            add r2, -8
            call 1
            jeq r0, 0, out
            mov r6, r0
            mov r1, r0
            add r1, 4
            call 93
            stxw [r6+8], r10
            mov r1, r6
            add r1, 4
            call 94
            out:
            mov r0, 0
            exit
            """
        #expect(try verdict(source, maps: maps).description.contains("leaks addr") == false)
        #expect(try verdict(source.replacing("stxw [r6+8], r10", with: "stw [r6+8], 1"), maps: maps) == .accepted)
    }

    @Test func callbacks() throws {
        let source = """
            mov r1, 4
            lddw r2, func body
            mov r3, 0
            mov r4, 0
            call 181
            mov r0, 0
            exit
            body:
            mov r0, RESULT
            exit
            """
        #expect(try verdict(source.replacing("RESULT", with: "1")) == .accepted)
        #expect(try !verdict(source.replacing("RESULT", with: "2")).isAccepted)
    }
}
