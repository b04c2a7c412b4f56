import ISA
import Object
import Testing

@testable import Verifier

/// A callee leaves its caller an address of the caller's own stack: what is loaded through it must not count as dead.
@Suite struct CallerStackTests {
    @Test(arguments: [
        """
            mov r1, r10
            add r1, -16
            call local f
            call 7
            stdw [r10-24], NEAR
            jeq r0, 0, near
            stdw [r10-24], FAR
        near:
            ldxdw r4, [r10-16]
            ldxdw r5, [r4-8]
            lddw r1, map_value 0+0
            add r1, r5
            ldxb r0, [r1+0]
            exit
        f:
            stxdw [r1+0], r1
            mov r0, 0
            exit
        """,
        """
            mov r1, r10
            add r1, -16
            call local f
            mov r6, r0
            call 7
            stdw [r10-24], NEAR
            jeq r0, 0, near
            stdw [r10-24], FAR
        near:
            ldxdw r5, [r6-8]
            lddw r1, map_value 0+0
            add r1, r5
            ldxb r0, [r1+0]
            exit
        f:
            mov r0, r1
            exit
        """,
    ])
    func isFollowed(_ source: String) throws {
        let map = MapDescription(
            name: "m", attributes: MapAttributes(type: .array, keySize: 4, valueSize: 64, maxEntries: 1))
        // Whichever side of the branch is explored first.
        for (near, far) in [(0, 1000), (1000, 0)] {
            let text = source.replacing("NEAR", with: "\(near)").replacing("FAR", with: "\(far)")
            let program = ObjectProgram(name: "main", instructions: try Assembler.assemble(text))
            var options = Verifier.Options()
            options.assumeOffered = true
            let verdict = Verifier.verify(program, type: .xdp, maps: [map], options: options)
            #expect(verdict.rejection?.category == .outOfBounds)
        }
    }
}
