import ISA
import Maps
import Object
import Testing
import Verifier

@testable import Engine

/// Calls on maps that are no arrays.
extension NativeOptimizerTests {
    /// A key that is never in the array is not compared with its size.
    @Test(arguments: [MapType.array, .perCPUArray], [("or r7, 64", 0), ("and r7, 64", 1)])
    func keysBeyondAnArray(type: MapType, change: (text: String, comparisons: Int)) throws {
        for use in [
            "jeq r0, 0, none\nldxdw r0, [r0+0]\nja out\nnone: mov r0, 7\n",
            "mov r8, r0\nmov r0, 1\njeq r8, 0, out\nmov r0, 2\n",
        ] {
            let text = try compare(
                Self.bounds + "ldxb r7, [r6+1]\n\(change.text)\nstxw [r10-4], r7\nmov r2, r10\nadd r2, -4\n"
                    + "lddw r1, map 0\ncall 1\n\(use)out: exit", [Self.array(type)])
            #expect(text.split(separator: "\n").count { $0.hasPrefix("cmp r11d") } == change.comparisons)
        }
    }

    /// Lookups in loops, whose fuel is counted: found and not found, in arrays and hash maps.
    @Test(arguments: [MapType.array, .perCPUArray, .hash, .perCPUHash, .lruHash])
    func lookupsInLoops(type: MapType) throws {
        // Which element an LRU map gives up hangs on its own secret: there is room for all.
        let attributes = MapAttributes(type: type, keySize: 4, valueSize: 8, maxEntries: type == .lruHash ? 64 : 8)
        try compare(
            Self.bounds + """
                ldxb r7, [r6+1]
                and r7, 7
                mov r8, 0
                mov r9, 0
                again: mov r1, r8
                add r1, r7
                stxw [r10-4], r1
                stxdw [r10-16], r8
                jset r8, 1, look
                mov r2, r10
                add r2, -4
                mov r3, r10
                add r3, -16
                lddw r1, map 0
                mov r4, 0
                call 2
                look: mov r2, r10
                add r2, -4
                lddw r1, map 0
                call 1
                jeq r0, 0, none
                ldxdw r3, [r0+0]
                add r3, 1
                stxdw [r0+0], r3
                add r9, r3
                none: add r8, 1
                jlt r8, 12, again
                mov r0, r9
                out: exit
                """, [attributes])
    }

    /// Updates, lookups and deletions by the maps' own functions leave the same in both engines.
    @Test(arguments: [MapType.hash, .perCPUHash, .lruHash, .lruPerCPUHash, .array, .lpmTrie], [4, 8, 16])
    func mapsAreCalled(type: MapType, keySize: Int) throws {
        // Keys of arrays have 4 bytes, those of tries more.
        if type == .array && keySize != 4 || type == .lpmTrie && keySize == 4 { return }
        let attributes = MapAttributes(
            type: type, keySize: keySize, valueSize: 8, maxEntries: 64, flags: type == .lpmTrie ? .noPrealloc : [])
        let map = "mov r2, r10\nadd r2, -16\nlddw r1, map 0\n"
        let text = try compare(
            Self.bounds + """
                ldxb r7, [r6+1]
                and r7, 15
                stxdw [r10-16], r7
                stxdw [r10-8], r7
                stxdw [r10-24], r7
                \(map)mov r3, r10
                add r3, -24
                mov r4, 0
                call 2
                mov r8, r0
                \(map)call 1
                jeq r0, 0, none
                ldxdw r9, [r0+0]
                add r9, 5
                stxdw [r0+0], r9
                add r8, r9
                none: jset r7, 3, keep
                \(map)call 3
                add r8, r0
                keep: mov r0, r8
                out: exit
                """, [attributes])
        #expect(text.split(separator: "\n").count { $0.hasPrefix("call") } == (type == .array ? 2 : 3))
    }
}
