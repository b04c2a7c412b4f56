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

    /// Where the key comes from, as it is left at r10 - 8.
    private static let keys = [
        "ldxdw r7, [r6+0]\nstxdw [r10-8], r7\n", "ldxdw r2, [r6+0]\nstxdw [r10-8], r2\n",
        "ldxw r3, [r6+0]\nstxw [r10-8], r3\nldxw r4, [r6+4]\nstxw [r10-4], r4\n",
        "ldxw r4, [r6+4]\nstxw [r10-4], r4\nldxw r3, [r6+0]\nstxw [r10-8], r3\n",
    ]

    /// What comes behind the lookup.
    private static let uses = [
        "jeq r0, 0, none\nldxdw r0, [r0+0]\nja out\nnone: mov r0, 1\n",
        "jne r0, 0, some\nmov r0, 1\nja out\nsome: ldxdw r0, [r0+0]\n",
        "mov r7, r0\nmov r0, 1\njeq r7, 0, out\nldxdw r0, [r7+0]\n",
    ]

    /// Hits, misses, tags that collide and buckets that overflow: what native code finds is what the map has.
    @Test(arguments: [4, 8], [8, 16, 40, 56])
    func hashLookupsAreInLine(keySize: Int, valueSize: Int) throws {
        let domain = WorkerDomain()
        let attributes = MapAttributes(type: .hash, keySize: keySize, valueSize: valueSize, maxEntries: 500)
        let map = try Map(attributes, domain: domain)
        let keys = Self.collidingKeys(try #require(map.core.hashLookupLayout)) + (0..<300).map { $0 &* 0x9E37_79B9 }
        func update(_ key: UInt64, _ flags: UInt64) {
            let value = [key &+ 1000] + [UInt64](repeating: 3, count: 6)
            withUnsafeBytes(of: key) { key in
                value.withUnsafeBytes { _ = map.core.update(key.baseAddress!, $0.baseAddress!, flags: flags, slot: 0) }
            }
        }
        for (index, key) in keys.enumerated() where index % 3 != 0 { update(key, 0) }
        var found = 0
        for source in Self.keys {
            for use in Self.uses {
                let code =
                    Self.bounds + source + "mov r2, r10\nadd r2, -8\nlddw r1, map 0\ncall 1\n" + use + "out: exit"
                let program = try Program(
                    verifying: ObjectProgram(name: "test", instructions: Assembler.assemble(code)), type: .vale,
                    maps: [map], domain: domain, trace: TraceLog(), options: .init(engine: .jit))
                #expect(program.engine == .jit)
                let results = Self.run(program, keys)
                for (key, result) in zip(keys, results) {
                    let value = withUnsafeBytes(of: key) { map.core.lookup($0.baseAddress!, slot: 0) }
                    let expected = value.map { $0.load(as: UInt64.self) } ?? 1
                    if result.value != expected || result.fault != .none { Issue.record("\(key): \(result)") }
                    if value != nil { found += 1 }
                }
            }
        }
        #expect(found > 12 * keys.count / 2 && found < 12 * keys.count)
        withExtendedLifetime(map) {}
    }

    private static func run(_ program: Program, _ keys: [UInt64]) -> [RunResult] {
        var packets: [UInt64] = keys.flatMap { [$0, 0] as [UInt64] }
        var results = [RunResult](repeating: RunResult(), count: keys.count)
        packets.withUnsafeMutableBytes { buffer in
            var contexts = keys.indices.map {
                FrameContext(data: buffer.baseAddress! + $0 * 16, length: 16, ingressPort: 0, ring: 0)
            }
            program.executable.run(&contexts, count: keys.count, results: &results, slot: 0)
        }
        return results
    }

    /// Of 32 bits: 40 keys that have one home bucket, and 6 of that bucket with one tag, if there are.
    private static func collidingKeys(_ layout: HashLookupLayout) -> [UInt64] {
        var crowd: [UInt64] = []
        var twins: [UInt64] = []
        var tag: UInt64?
        for key in UInt64(1)..<2_000_000 where crowd.count < 40 || twins.count < 6 {
            let first = (key ^ layout.start).multipliedFullWidth(by: layout.inner)
            let second = (first.high ^ first.low).multipliedFullWidth(by: layout.outer)
            let hash = second.high ^ second.low
            guard hash.multipliedFullWidth(by: layout.buckets).high == layout.buckets / 2 else { continue }
            if tag == nil { tag = hash & 0x7F }
            if hash & 0x7F == tag, twins.count < 6 { twins.append(key) } else if crowd.count < 40 { crowd.append(key) }
        }
        // The twins come first: two lie in the bucket itself, where it has room.
        return twins + crowd
    }
}
