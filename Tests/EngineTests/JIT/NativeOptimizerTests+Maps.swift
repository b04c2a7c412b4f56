import ISA
import Maps
import Object
import Testing
import Verifier

@testable import Engine

/// Calls on maps that are no arrays.
extension NativeOptimizerTests {
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
