import ISA
import Object
import Testing

@testable import Engine
@testable import Maps

/// Lookups in hash maps that native code does by itself: what it finds is what the map has.
@Suite struct NativeHashLookupTests {
    private static let bounds =
        "ldxdw r6, [r1+0]\nldxdw r2, [r1+8]\nmov r3, r6\nadd r3, 16\nmov r0, 255\njgt r3, r2, out\n"

    /// How a key of 16 bytes, or as much of it as the map wants, comes from the packet to r10 - 16.
    private static let keys = [
        "ldxdw r7, [r6+0]\nstxdw [r10-16], r7\nldxdw r8, [r6+8]\nstxdw [r10-8], r8\n",
        // From registers that the arguments overwrite.
        "ldxdw r2, [r6+0]\nstxdw [r10-16], r2\nldxdw r1, [r6+8]\nstxdw [r10-8], r1\n",
        "ldxdw r0, [r6+0]\nstxdw [r10-16], r0\nldxdw r3, [r6+8]\nstxdw [r10-8], r3\nmov r3, 7\n",
        // In parts, of every size, in any order.
        "ldxw r3, [r6+0]\nldxw r4, [r6+4]\nstxw [r10-12], r4\nstxw [r10-16], r3\nldxw r5, [r6+8]\nstxw [r10-8], r5\n"
            + "ldxw r5, [r6+12]\nstxw [r10-4], r5\n",
        "ldxw r3, [r6+0]\nstxw [r10-16], r3\nldxh r0, [r6+6]\nstxh [r10-10], r0\nldxb r3, [r6+4]\nstxb [r10-12], r3\n"
            + "ldxb r4, [r6+5]\nstxb [r10-11], r4\nldxdw r4, [r6+8]\nstxdw [r10-8], r4\n",
        // More of the register than is stored; parts that later stores overwrite.
        "ldxdw r7, [r6+0]\nstdw [r10-16], 5\nstxdw [r10-16], r7\nldxdw r9, [r6+8]\nstxw [r10-8], r9\nrsh r9, 32\n"
            + "stxw [r10-4], r9\n",
        "ldxdw r7, [r6+0]\nstxdw [r10-16], r7\nldxh r8, [r6+2]\nstxh [r10-14], r8\nldxdw r8, [r6+8]\n"
            + "stxdw [r10-8], r8\n",
        // Stores that are not seen from the lookup.
        "ldxdw r7, [r6+0]\nstxdw [r10-16], r7\nldxdw r8, [r6+8]\nstxdw [r10-8], r8\njset r7, 1, on\nmov r9, 1\non:\n",
    ]

    /// r2, at the lookup.
    private static let places = [
        "mov r2, r10\nadd r2, -16\nlddw r1, map 0\n", "lddw r1, map 0\nmov r2, r10\nadd r2, -20\nadd r2, 4\n",
        "mov r1, r10\nadd r1, -16\nmov r2, r1\nlddw r1, map 0\n",
    ]

    /// What comes behind the lookup.
    private static let uses = [
        "jeq r0, 0, none\nldxdw r0, [r0+0]\nja out\nnone: mov r0, 1\n",
        "jne r0, 0, some\nmov r0, 1\nja out\nsome: ldxdw r0, [r0+0]\n",
        "mov r7, r0\nmov r0, 1\njeq r7, 0, out\nldxdw r0, [r7+0]\n",
        "jne r0, 0, some\nmov r2, r10\nadd r2, -16\nlddw r1, map 0\ncall 1\njne r0, 0, some\nmov r0, 1\nja out\n"
            + "some: ldxdw r0, [r0+0]\n",
        "mov r7, r0\nmov32 r0, 1\njne r7, 0, some\nja out\nsome: ldxdw r0, [r7+0]\n",
        "mov r7, r0\nmov r0, 1\njeq r7, 0, none\nldxdw r0, [r7+0]\nja out\nnone: add r0, r7\n",
        "mov r8, r0\njeq r8, 0, none\nldxdw r0, [r8+0]\nja out\nnone: mov r0, 1\n",
    ]

    static let features: [ProcessorFeatures] = [
        [], .crc32, [.crc32, .bmi2], [.crc32, .avx2], [.crc32, .bmi2, .avx2, .movbe],
    ]

    struct Shape: Sendable {
        var keySize: Int
        var valueSize: Int
        var entries = 500
        var type = MapType.hash
        /// The last ones' buckets are not a power of two.
        static let all =
            [4, 8, 12, 16].flatMap { key in [8, 16, 24, 32, 40].map { Shape(keySize: key, valueSize: $0) } }
            + [4, 8, 16].map { Shape(keySize: $0, valueSize: 8, entries: 400_000) }
            + [4, 8, 16].flatMap { key in
                [8, 24].flatMap { value in
                    [.perCPUHash, .lruHash, .lruPerCPUHash].map {
                        Shape(keySize: key, valueSize: value, type: $0)
                    }
                }
            } + [Shape(keySize: 8, valueSize: 8, entries: 400_000, type: .lruPerCPUHash)]
    }

    /// Hits, misses, tags that collide and buckets that overflow, with and without what not all processors have.
    @Test(arguments: Shape.all)
    func findsWhatTheMapHas(_ shape: Shape) throws {
        let domain = WorkerDomain()
        let attributes = MapAttributes(
            type: shape.type, keySize: shape.keySize, valueSize: shape.valueSize,
            maxEntries: shape.entries)
        let map = try Map(attributes, domain: domain)
        let keys =
            Self.collidingKeys(map).map { Key(low: $0) }
            + (0..<UInt64(300)).map { Key(low: $0 &* 0x9E37_79B9) }
        for (index, key) in keys.enumerated() where index % 3 != 0 { key.insert(into: map, valueSize: shape.valueSize) }
        let expected = keys.map { key in
            withUnsafeBytes(of: key) { map.core.lookup($0.baseAddress!, slot: 0) }?.load(as: UInt64.self) ?? 1
        }
        let found = expected.count { $0 != 1 }
        #expect(found > keys.count / 2 && found < keys.count)
        // Each with each over all shapes.
        let turn = shape.keySize / 4 + shape.valueSize / 8 + shape.entries
        for (number, source) in Self.keys.enumerated() {
            let place = Self.places[(number + turn) % Self.places.count]
            let use = Self.uses[(number + turn / 3) % Self.uses.count]
            try check(Self.bounds + source + place + "call 1\n" + use + "out: exit", map, domain, keys, expected)
        }
        for use in Self.uses {
            let code = Self.bounds + Self.keys[0] + Self.places[0] + "call 1\n" + use + "out: exit"
            try check(code, map, domain, keys, expected)
        }
        // A key that is in no stack.
        let packet = Self.bounds + "mov r2, r6\nlddw r1, map 0\ncall 1\n" + Self.uses[0] + "out: exit"
        try check(packet, map, domain, keys, expected)
        withExtendedLifetime(map) {}
    }

    private func check(
        _ source: String, _ map: Map, _ domain: WorkerDomain, _ keys: [Key], _ expected: [UInt64]
    ) throws {
        let program = try Program(
            verifying: ObjectProgram(name: "test", instructions: Assembler.assemble(source)), type: .vale, maps: [map],
            domain: domain, trace: TraceLog(), options: .init(engine: .jit))
        #expect(program.engine == .jit)
        for features in Self.features {
            let results = try Self.run(program, keys, features)
            for (index, result) in results.enumerated() where result.value != expected[index] || result.fault != .none {
                Issue.record("\(features) \(keys[index]): \(result), expected \(expected[index]) of\n\(source)")
            }
        }
        #expect(try #require(program.nativeListing()).lines.contains { $0.text.hasPrefix("crc32 rcx") })
    }

    /// What is found in an LRU map counts as used, as when the map's function finds it.
    @Test(arguments: [MapType.lruHash, .lruPerCPUHash], [8, 16])
    func findingIsUse(_ type: MapType, _ keySize: Int) throws {
        let domain = WorkerDomain()
        let map = try Map(
            MapAttributes(type: type, keySize: keySize, valueSize: 8, maxEntries: 500), domain: domain)
        let keys = (0..<UInt64(300)).map { Key(low: $0 &* 0x9E37_79B9) }
        for key in keys { key.insert(into: map, valueSize: 8) }
        guard case .hash(let hash) = map.core.kind else { return }
        let table = hash.table
        func references() -> [UInt8] {
            (0..<Int(table.pointee.buckets)).map { bucket in
                table.pointee.header(bucket).references.pointee.exchange(0, ordering: .relaxed)
            }
        }
        _ = references()
        let wanted = keys.enumerated().filter { $0.offset % 3 == 0 }.map(\.element)
        for key in wanted { _ = withUnsafeBytes(of: key) { map.core.lookup($0.baseAddress!, slot: 0) } }
        let expected = references()
        #expect(expected.contains { $0 != 0 })
        let source = Self.bounds + Self.keys[0] + Self.places[0] + "call 1\n" + Self.uses[0] + "out: exit"
        let program = try Program(
            verifying: ObjectProgram(name: "test", instructions: Assembler.assemble(source)), type: .vale, maps: [map],
            domain: domain, trace: TraceLog(), options: .init(engine: .jit))
        // Twice: what is noted is not noted again.
        for _ in 0..<2 {
            _ = try Self.run(program, wanted + wanted, Self.features[4])
            #expect(references() == expected)
        }
        withExtendedLifetime(map) {}
    }

    /// How the value of 8 bytes, or 4 of them, comes to r10 - 24: that of the packet's second word.
    private static let values = [
        "ldxdw r9, [r6+8]\nstxdw [r10-24], r9\n", "ldxdw r4, [r6+8]\nstxdw [r10-24], r4\n",
        "ldxw r4, [r6+8]\nldxw r3, [r6+12]\nstxw [r10-24], r4\nstxw [r10-20], r3\n",
    ]

    /// Updates of what is there, and of what is not.
    @Test(arguments: [MapType.hash, .perCPUHash, .lruHash], [(4, 4), (4, 8), (8, 4), (8, 8), (8, 16)])
    func updatesAsTheMapDoes(_ type: MapType, _ sizes: (key: Int, value: Int)) throws {
        let (keySize, valueSize) = sizes
        let value = valueSize == 16 ? "stdw [r10-32], 9\nldxdw r9, [r6+8]\nstxdw [r10-24], r9\n" : nil
        for (number, value) in (value.map { [$0] } ?? Self.values).enumerated() {
            for flags in ["mov r4, 0", "lddw r4, 2", "mov32 r4, 1"] {
                let place = valueSize == 16 ? -32 : -24
                let source =
                    Self.bounds + "ldxdw r7, [r6+0]\nstxdw [r10-16], r7\n" + value
                    + "mov r2, r10\nadd r2, -16\nmov r3, r10\nadd r3, \(place)\nlddw r1, map 0\n\(flags)\ncall 2\n"
                    + (number == 0 ? "" : "mov r0, 7\n") + "out: exit"
                for features in Self.features {
                    try checkUpdates(
                        source, MapAttributes(type: type, keySize: keySize, valueSize: valueSize, maxEntries: 500),
                        features)
                }
            }
        }
    }

    private func checkUpdates(_ source: String, _ attributes: MapAttributes, _ features: ProcessorFeatures) throws {
        func run(_ engine: Program.Engine) throws -> (results: [UInt64], values: [[UInt8]?]) {
            let domain = WorkerDomain(workers: 2)
            let map = try Map(attributes, domain: domain)
            let keys = (0..<UInt64(64)).map { Key(low: $0 &* 0x9E37_79B9, high: $0 << 36 | 77 &+ $0) }
            for (index, key) in keys.enumerated() where index % 3 != 0 {
                key.insert(into: map, valueSize: max(attributes.valueSize, 8))
            }
            let program = try Program(
                verifying: ObjectProgram(name: "test", instructions: Assembler.assemble(source)), type: .vale,
                maps: [map], domain: domain, trace: TraceLog(), options: .init(engine: engine))
            var results: [RunResult]
            if engine == .jit {
                results = try Self.run(program, keys, features)
            } else {
                results = [RunResult](repeating: RunResult(), count: keys.count)
                var packets = keys
                packets.withUnsafeMutableBytes { buffer in
                    var contexts = keys.indices.map {
                        FrameContext(data: buffer.baseAddress! + $0 * 16, length: 16, ingressPort: 0, ring: 0)
                    }
                    program.executable.run(&contexts, count: keys.count, results: &results, slot: 0)
                }
            }
            #expect(results.allSatisfy { $0.fault == .none })
            let found = keys.map { key in
                withUnsafeBytes(of: key) { try? map.lookup(Array($0.prefix(attributes.keySize))) }
            }
            withExtendedLifetime(map) {}
            return (results.map(\.value), found)
        }
        let (native, interpreted) = (try run(.jit), try run(.interpreter))
        if native.results != interpreted.results || native.values != interpreted.values {
            Issue.record("\(features) \(native), interpreted \(interpreted) of\n\(source)")
        }
    }

    /// Runs the program as it would be compiled for a processor with these features: those that this one lacks are left out.
    private static func run(_ program: Program, _ keys: [Key], _ features: ProcessorFeatures) throws -> [RunResult] {
        let core = program.executable.core
        let source = NativeSource(
            core: core, facts: program.verification?.verdict.facts, features: features.intersection(.current))
        let native = try #require(NativeCode(source))
        var packets = keys
        var results = [RunResult](repeating: RunResult(), count: keys.count)
        packets.withUnsafeMutableBytes { buffer in
            var contexts = keys.indices.map {
                FrameContext(data: buffer.baseAddress! + $0 * 16, length: 16, ingressPort: 0, ring: 0)
            }
            native.entry(core.pointee.states, &contexts, keys.count, &results)
        }
        return results
    }

    /// A packet of 16 bytes; maps take as many of them as their keys have.
    private struct Key {
        var low: UInt64
        var high: UInt64 = 0x0706_0504_0302_0100

        func insert(into map: Map, valueSize: Int) {
            let value = [low &+ 1000] + [UInt64](repeating: 3, count: valueSize / 8 - 1)
            withUnsafeBytes(of: self) { key in
                value.withUnsafeBytes {
                    #expect(map.core.update(key.baseAddress!, $0.baseAddress!, flags: 0, slot: 0) == 0)
                }
            }
        }
    }

    /// Low words, of 32 bits: 40 keys that have one home bucket, and 6 of that bucket with one tag, if there are.
    private static func collidingKeys(_ map: Map) -> [UInt64] {
        guard case .hash(let hash) = map.core.kind else { return [] }
        let table = hash.table
        var crowd: [UInt64] = []
        var twins: [UInt64] = []
        var tag: UInt64?
        let high = map.core.keySize == 16 ? Key(low: 0).high : Key(low: 0).high & 0xFFFF_FFFF
        var key: UInt64 = 0
        while key < 2_000_000 && (crowd.count < 40 || twins.count < 6) {
            key += 1
            let hash =
                map.core.keySize > 8
                ? TwoWordKey(low: key, high: high).hash(table.pointee.secret)
                : OneWordKey(key).hash(table.pointee.secret)
            guard table.pointee.home(hash) == Int(table.pointee.buckets / 2) else { continue }
            let mark = HashTable.tag(hash)
            if tag == nil { tag = mark }
            if mark == tag, twins.count < 6 { twins.append(key) } else if crowd.count < 40 { crowd.append(key) }
        }
        // The twins come first: two lie in the bucket itself, where it has room.
        return twins + crowd
    }

    /// A key of several words counts only where nobody has written meanwhile.
    @Test(arguments: features.filter { $0.contains(.crc32) })
    func wordsOfAKeyThatIsWrittenAreNotTrusted(_ features: ProcessorFeatures) throws {
        let domain = WorkerDomain(workers: 1)
        let map = try Map(
            MapAttributes(type: .hash, keySize: 16, valueSize: 8, maxEntries: 4), domain: domain)
        let source = Self.bounds + Self.keys[0] + Self.places[0] + "call 1\n" + Self.uses[0] + "out: exit"
        let program = try Program(
            verifying: ObjectProgram(name: "test", instructions: Assembler.assemble(source)), type: .vale, maps: [map],
            domain: domain, trace: TraceLog(), options: .init(engine: .jit))
        let core = program.executable.core
        let generated = X86Compiler.generate(
            NativeSource(
                core: core, facts: program.verification?.verdict.facts, features: features, listing: true))
        let lines = generated.lines.map(\.text)
        let version = "[rcx+\(HashLookupLayout.version)]"
        let before = try #require(lines.firstIndex(of: "mov edx, \(version)"))
        let after = try #require(lines.firstIndex(of: "cmp edx, \(version)"))
        let tags = try #require(lines.firstIndex { $0.hasSuffix(" [rcx]") })
        let words = lines.indices.filter { lines[$0].hasPrefix("cmp r1") && lines[$0].contains("[rcx+rax") }
        #expect(words.count == 2 && before < tags && tags < words[0] && words[1] < after)
        withExtendedLifetime(map) {}
    }
}
