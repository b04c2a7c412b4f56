import ISA
import Maps
import Object
import Testing
import Verifier

@testable import Engine

/// What the optimizer takes away makes no difference but in time: verified programs in both engines.
@Suite struct NativeOptimizerTests {
    /// A verified program on maps of its own, in one engine.
    struct Side {
        let program: Program
        let maps: [Map]

        init(
            _ source: String, _ attributes: [MapAttributes], _ engine: Program.Engine, _ type: ProgramType = .vale
        ) throws {
            let domain = WorkerDomain(workers: 2)
            maps = try attributes.map { try Map($0, domain: domain) }
            program = try Program(
                verifying: ObjectProgram(name: "test", instructions: Assembler.assemble(source)), type: type,
                maps: maps, domain: domain, trace: TraceLog(), options: .init(engine: engine))
            #expect(program.engine == engine)
        }

        func run(_ packets: [[UInt8]], slot: Int) throws -> [String] {
            var bytes = packets.flatMap { $0 + [UInt8](repeating: 0xEE, count: 64 - $0.count) }
            var results = [RunResult](repeating: RunResult(), count: packets.count)
            var rings: [UInt8] = []
            bytes.withUnsafeMutableBytes { buffer in
                var contexts = packets.indices.map {
                    FrameContext(
                        data: buffer.baseAddress! + $0 * 64, length: packets[$0].count, ingressPort: UInt32($0 % 250),
                        ring: UInt8($0 % 4))
                }
                program.executable.run(&contexts, count: packets.count, results: &results, slot: slot)
                rings = contexts.map(\.ring)
            }
            var entries: [String] = []
            for map in maps {
                try map.forEach { key, value in
                    entries.append("\(Array(key)) \(Array(value))")
                    return true
                }
            }
            return ["\(results)", "\(rings)", "\(bytes)", "\(entries.sorted())"]
        }
    }

    private static let packets: [[UInt8]] = (0..<40).map { number in
        (0..<(number == 7 ? 3 : 20 + number % 30)).map { UInt8(truncatingIfNeeded: number &* 31 &+ $0 &* 7) }
    }

    /// The text of the native code, once both engines did the same.
    @discardableResult
    func compare(_ source: String, _ attributes: [MapAttributes] = []) throws -> String {
        let interpreted = try Side(source, attributes, .interpreter)
        let native = try Side(source, attributes, .jit)
        for slot in 0...1 {
            #expect(try interpreted.run(Self.packets, slot: slot) == native.run(Self.packets, slot: slot))
        }
        return try #require(native.program.nativeListing()).lines.map(\.text).joined(separator: "\n")
    }

    static let bounds =
        "ldxdw r6, [r1+0]\nldxdw r2, [r1+8]\nmov r3, r6\nadd r3, 14\nmov r0, 255\njgt r3, r2, out\n"

    static func array(_ type: MapType, value: Int = 8, entries: Int = 64) -> MapAttributes {
        MapAttributes(type: type, keySize: 4, valueSize: value, maxEntries: entries)
    }

    static func bytes(_ count: Int, isSwapped: Bool) -> String {
        var source = bounds + "ldxb r0, [r6+\(isSwapped ? 0 : count - 1)]\n"
        for index in 1..<count {
            source += "lsh r0, 8\nldxb r4, [r6+\(isSwapped ? index : count - 1 - index)]\nor r0, r4\n"
        }
        return source + "out: exit"
    }

    /// Bytes that are put together in either order, of 2, 4, 6 and 8.
    @Test(arguments: [2, 4, 6, 8], [false, true])
    func bytesComeTogether(count: Int, isSwapped: Bool) throws {
        let text = try compare(Self.bytes(count, isSwapped: isSwapped))
        #expect(text.split(separator: "\n").filter { $0.contains("byte [") && $0.hasPrefix("movzx") }.isEmpty)
    }

    /// 6 bytes are taken from 8 where the two behind them are loaded anyway, and by 2 loads where they are not.
    @Test(arguments: [
        ("ldxh r5, [r6+6]", true), ("ldxw r5, [r6+4]", true), ("ldxdw r5, [r6+6]", true), ("ldxb r5, [r6+6]", false),
        ("ldxb r5, [r6+7]", false), ("ldxsb r5, [r6+6]", false), ("ldxh r5, [r6+8]", false),
        ("jset r4, 1, on\nldxh r5, [r6+6]\non:", false), ("mov r6, r10\nstdw [r6-8], 9\nldxh r5, [r6-2]", false),
    ])
    func sixBytesComeFromEight(behind: String, isMasked: Bool) throws {
        let text = try compare(
            Self.bounds + "mov r5, 0\nldxw r3, [r6+0]\nldxh r4, [r6+4]\nlsh r4, 32\nor r4, r3\n\(behind)\n"
                + "mov r0, r4\nadd r0, r5\nout: exit")
        #expect(text.contains(".quad 0xffffffffffff") == isMasked)
    }

    /// What is loaded only to be compared is compared in memory.
    @Test(arguments: [
        ("ldxw r4, [r6+4]\njeq32 r4, r5, on", true), ("ldxw r4, [r6+4]\njlt32 r4, 77, on", true),
        ("ldxdw r4, [r6+4]\njsgt r4, r5, on", true), ("ldxdw r4, [r6+4]\njne r4, -9, on", true),
        ("ldxw r4, [r6+4]\njeq r4, r5, on", false), ("ldxw r4, [r6+4]\njeq32 r4, r4, on", false),
        ("ldxw r4, [r6+4]\njeq32 r4, r5, on\nadd r0, r4", false), ("ldxw r4, [r6+4]\njset32 r4, 8, on", false),
    ])
    func comparisonsOfMemory(steps: String, isFused: Bool) throws {
        let text = try compare(
            Self.bounds + "ldxw r5, [r6+0]\nmov r0, 3\n\(steps)\nadd r0, 4\non: add r0, 1\nout: exit")
        let comparisons = text.split(separator: "\n").filter { $0.hasPrefix("cmp") && $0.contains("[rbx+4]") }
        #expect(comparisons.isEmpty != isFused)
    }

    /// A store to the same memory comes between; to the stack, it may.
    @Test func storesComeBetweenBytes() throws {
        let load = Self.bounds + "ldxb r0, [r6+1]\nlsh r0, 8\n% ldxb r4, [r6+0]\nor r0, r4\n"
        let text = try compare(load.replacing("%", with: "stb [r6+1], 9\n") + "out: exit")
        #expect(text.contains("movzx eax, byte"))
        let other = try compare(load.replacing("%", with: "stb [r10-1], 9\n") + "out: exit")
        #expect(!other.contains("movzx eax, byte"))
    }

    @Test func baseChangesBetweenBytes() throws {
        let source = Self.bounds + "ldxb r0, [r6+0]\nadd r6, 1\nldxb r4, [r6+0]\nlsh r4, 8\nor r0, r4\nout: exit"
        #expect(try compare(source).contains("byte"))
    }

    @Test func swapsBecomeLoads() throws {
        for (load, swap) in [("ldxh", "be16"), ("ldxw", "be32"), ("ldxdw", "be64"), ("ldxw", "bswap32")] {
            try compare(Self.bounds + "\(load) r0, [r6+1]\n\(swap) r0\nadd r0, 1\nout: exit")
        }
    }

    /// Lookups in an array of 64, by every kind of key: the result is compared, or used as a number.
    static let lookups: [(compared: String, used: String)] = {
        let lookup = "mov r2, r10\nadd r2, -4\nlddw r1, map 0\ncall 1\n"
        let use =
            "jeq r0, 0, none\nldxdw r3, [r0+0]\nadd r3, 3\nstxdw [r0+0], r3\nmov r0, r3\nja out\nnone: mov r0, 7\n"
        return [
            "stw [r10-4], 0\n", "stw [r10-4], 63\n", "stw [r10-4], 64\n", "ldxb r2, [r6+1]\nstxw [r10-4], r2\n",
            "ldxb r7, [r6+1]\nstxw [r10-4], r7\n", "ldxb r7, [r6+1]\nand r7, 63\nstxw [r10-4], r7\n",
            "ldxb r7, [r6+1]\nstxdw [r10-8], r7\nstw [r10-4], 2\n",
        ].map { key in
            (
                bounds + key + lookup + use + "out: exit",
                bounds + key + lookup + "mov r7, r0\nmov r0, 1\njne r7, 0, out\nmov r0, 2\nout: exit"
            )
        }
    }()

    @Test(arguments: [MapType.array, .perCPUArray], [8, 16, 24, 40])
    func lookupsBecomeAddresses(type: MapType, value: Int) throws {
        for source in Self.lookups {
            let text = try compare(source.compared, [Self.array(type, value: value)])
            #expect(!text.contains("call"), "\(source.compared)")
            try compare(source.used, [Self.array(type, value: value)])
        }
    }

    /// More maps than native code has bases of at hand.
    static let manyMaps: (source: String, maps: [MapAttributes]) = {
        var source = bounds + "mov r7, 0\nldxb r8, [r6+3]\nstxw [r10-4], r8\n"
        for map in 0..<12 {
            source += "mov r2, r10\nadd r2, -4\nlddw r1, map \(map)\ncall 1\njeq r0, 0, n\(map)\n"
            source += "ldxw r3, [r0+0]\nadd r3, \(map + 1)\nstxw [r0+0], r3\nadd r7, r3\nn\(map):\n"
        }
        let maps = (0..<12).map { array($0 % 3 == 0 ? .array : .perCPUArray, value: 24, entries: 200) }
        return (source + "mov r0, r7\nout: exit", maps)
    }()

    @Test func mapsBeyondTheBases() throws { try compare(Self.manyMaps.source, Self.manyMaps.maps) }

    /// A key that something reads beside the lookup stays in the stack.
    @Test func storesThatAreReadStay() throws {
        let maps = [
            Self.array(.array), MapAttributes(type: .hash, keySize: 8, valueSize: 8, maxEntries: 16),
        ]
        try compare(
            Self.bounds + """
                ldxb r7, [r6+1]
                stxw [r10-4], r7
                stw [r10-8], 5
                mov r2, r10
                add r2, -4
                lddw r1, map 0
                call 1
                ldxw r8, [r10-4]
                ldxb r9, [r10-3]
                mov r2, r10
                add r2, -8
                mov r3, r2
                lddw r1, map 1
                mov r4, 0
                call 2
                add r0, r8
                add r0, r9
                out: exit
                """, maps)
    }

    @Test func ringsAreReadAndWritten() throws {
        try compare(
            "ldxb r0, [r1+20]\nadd r0, 1\nstxb [r1+20], r0\nldxb r0, [r1+20]\nldxw r2, [r1+16]\nadd r0, r2\nexit")
        let text = try compare("ldxb r0, [r1+20]\nldxw r2, [r1+16]\nadd r0, r2\nexit")
        #expect(text.contains("movzx eax, byte"))
    }

    /// Fields of the context are loaded from elsewhere, with the sign that the load gives them.
    @Test func fieldsKeepTheirSign() throws {
        for (load, type) in [
            ("ldxb r0, [r1+20]", ProgramType.vale), ("ldxsb r0, [r1+20]", .vale), ("ldxw r0, [r1+16]", .vale),
            ("ldxsw r0, [r1+16]", .vale), ("ldxw r0, [r1+12]", .xdp), ("ldxsw r0, [r1+12]", .xdp),
            ("ldxw r0, [r1+16]", .xdp), ("ldxsw r0, [r1+16]", .xdp),
        ] {
            let sides = try Program.Engine.allCases.map { try Side("\(load)\nexit", [], $0, type) }
            for word in [UInt32(0), 1, 0x7F, 0x80, 0xFF, 0x7FFF_FFFF, 0x8000_0000, .max] {
                var byte: UInt8 = 0
                let values = sides.map { side in
                    withUnsafeMutableBytes(of: &byte) { bytes in
                        var frame = FrameContext(
                            data: bytes.baseAddress!, length: 1, ingressPort: word,
                            ring: UInt8(truncatingIfNeeded: word), ingressIfindex: word, egressIfindex: word)
                        var result = RunResult()
                        side.program.executable.run(&frame, count: 1, results: &result, slot: 0)
                        return result.value
                    }
                }
                #expect(values[0] == values[1], "\(load) \(type) \(word)")
            }
        }
    }

    /// Sums, differences and tests that take fewer instructions than steps.
    static let fusions: [String] = {
        let load = bounds + "ldxw r3, [r6+0]\nldxw r4, [r6+4]\nldxdw r5, [r6+6]\nmov r0, 0\n"
        return [
            "mov r7, r3\nadd r7, r4\nsub r5, r7\nmov r0, r5", "mov32 r7, r5\nadd32 r7, r4\nsub32 r3, r7\nmov r0, r3",
            "mov r7, r3\nadd r7, r4\nadd r5, r7\nmov r0, r5",
            "mov r7, r3\nadd r7, r4\nsub r5, r7\nadd r5, r7\nmov r0, r5",
            "mov r7, r5\nand r7, 0x80\njeq r7, 0, out\nmov r0, 5",
            "mov32 r7, r5\nand r7, -2\njne r7, 0, out\nmov r0, 5",
            "mov r7, r5\nand32 r7, -2\njne32 r7, 0, out\nmov r0, 5",
            "mov r7, r5\nand r7, -256\njeq r7, 0, out\nmov r0, r7",
            "mov r7, r5\nlsh r7, r4\nmov r0, r7", "mov32 r7, r5\nrsh32 r7, r4\nmov r0, r7",
            "mov r7, r4\narsh r7, r7\nmov r0, r7",
            "mov r7, r5\nmul r7, 1000003\nmov r0, r7", "mov r7, r5\nand r7, 0xff\nmov r0, r7",
            "mov32 r7, r5\nsub32 r7, 5\nmov r0, r7",
            "stxdw [r10-8], r5\nldxdw r7, [r10-8]\nadd r7, r4\nstxdw [r10-8], r7\nldxdw r0, [r10-8]",
            "stxdw [r10-8], r5\nldxw r7, [r10-8]\nadd r7, r5\nstxw [r10-8], r7\nldxdw r0, [r10-8]",
            "mov r7, r5\nmod r7, r4\nmov r0, r7", "mov r7, r5\nbe16 r7\nmov r0, r7", "mov r7, r5\nle64 r7\nmov r0, r7",
            "mov32 r7, r5\nbswap32 r7\nmov r0, r7", "mov32 r7, r5\nadd r7, r4\nmov r0, r7",
            "mov r7, r5\nneg r7\nmov r0, r7", "mov r7, r5\nlsh r7, 0\nmov r0, r7",
            "mov r7, r5\nsdiv r7, -7\nmov r0, r7",
        ].map { load + $0 + "\nout: exit" }
    }()

    @Test func fusionsComputeTheSame() throws { for source in Self.fusions { try compare(source) } }

    /// 60,000 instructions take a time in proportion.
    @Test func longProgramsCompile() throws {
        let body = String(repeating: "add r0, 1\nxor r0, r2\nmov r3, r0\njne r3, 5, +0\n", count: 15_000)
        let pair = try NativePair("mov r0, 0\nmov r2, 3\n\(body)exit")
        #expect(pair.run().fault == .none)
    }
}
