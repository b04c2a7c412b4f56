import Foundation
import ISA
import Maps
import Object
import Testing

@testable import Engine

/// The text of code for arm64 is that of its words, and immediates are what they stand for.
@Suite struct ARM64ListingTests {
    private static func listing(_ name: String) throws -> NativeListing {
        let elf = try ExampleObject.compile(name, ["-O2", "-g"])
        let object = try LoadedObject(elf: elf, domain: WorkerDomain(), trace: TraceLog())
        let program = try object.program(type: name.hasPrefix("xdp") ? .xdp : .vale)
        return try #require(program.nativeListing(.arm64))
    }

    @Test(arguments: ["vale_bridge", "learning_bridge", "vlan_bridge", "xdp_filter"])
    func linesCoverTheCode(name: String) throws {
        let listing = try Self.listing(name)
        for (index, line) in listing.lines.enumerated() {
            #expect(line.offset == index * 4 && line.bytes.count == 4, "\(line)")
        }
        #expect(listing.lines.compactMap(\.slot).count > listing.lines.count / 3)
    }

    @Test(
        .enabled(if: ARM64Harness.isInstalled, "no arm64 cross compiler or qemu-user"),
        arguments: ["vale_bridge", "learning_bridge", "vlan_bridge", "pkt_count", "xdp_filter"])
    func objdumpAgrees(name: String) throws {
        let listing = try Self.listing(name)
        let file = ARM64Harness.temporary("code.bin")
        defer { try? FileManager.default.removeItem(atPath: file) }
        try Data(listing.lines.flatMap(\.bytes)).write(to: URL(filePath: file))
        let output = try ARM64Harness.run(
            ARM64Harness.disassembler, ["-D", "-b", "binary", "-m", "aarch64", "-z", file])
        let theirs = output.split(separator: "\n").map { $0.split(separator: "\t") }.filter { $0.count >= 3 }
        #expect(theirs.count == listing.lines.count)
        for (line, fields) in zip(listing.lines, theirs) {
            let operands = fields.count > 3 ? " " + fields[3] : ""
            #expect(Self.plain(line.text) == Self.plain("\(fields[2])\(operands)"), "\(name) \(line.offset)")
        }
    }

    /// Native code for arm64 has not run on one: whoever wants it asks for it.
    @Test func arm64IsAskedFor() {
        #expect(Program.Engine.choose(asked: nil, host: .arm64) == .interpreter)
        #expect(Program.Engine.choose(asked: "jit", host: .arm64) == .jit)
        #expect(Program.Engine.choose(asked: nil, host: .x86) == .jit)
        #expect(Program.Engine.choose(asked: "interpreter", host: .x86) == .interpreter)
        #expect(Program.Engine.choose(asked: "other", host: .x86) == .jit)
        #expect(Program.Engine.choose(asked: nil, host: nil) == .interpreter)
    }

    /// Numbers as decimal ones, without what objdump adds.
    private static func plain(_ text: String) -> String {
        let code = text.split(separator: "//")[0].split(separator: "<")[0]
        let words = code.split(whereSeparator: { " ,[]!".contains($0) }).map { word -> String in
            let digits = word.trimmingPrefix("#")
            guard digits.hasPrefix("0x") || digits.hasPrefix("-0x") else { return String(digits) }
            let value = UInt64(digits.trimmingPrefix("-").dropFirst(2), radix: 16) ?? 0
            return String(Int64(bitPattern: digits.hasPrefix("-") ? 0 &- value : value))
        }
        return words.filter { $0 != "lsl" || words.count < 3 }.joined(separator: " ")
    }

    /// What an encoding stands for, by the manual's `DecodeBitMasks`.
    private static func decode(_ bits: UInt32) -> UInt64? {
        let (n, immr, imms) = (bits >> 12, bits >> 6 & 0x3F, bits & 0x3F)
        let length = 31 - (n << 6 | ~imms & 0x3F).leadingZeroBitCount
        guard length >= 1 else { return nil }
        let size = UInt64(1) << UInt64(length)
        let ones = UInt64(imms) & (size - 1)
        guard ones != size - 1 else { return nil }
        let rotation = UInt64(immr) & (size - 1)
        let run = (UInt64(1) << (ones + 1)) - 1
        var value: UInt64 = 0
        for bit in 0..<size where run >> ((bit + rotation) & (size - 1)) & 1 == 1 {
            for copy in stride(from: 0, to: 64, by: Int(size)) { value |= 1 << (bit + UInt64(copy)) }
        }
        return value
    }

    @Test func logicalImmediates() {
        var values: Set<UInt64> = []
        for bits in UInt32(0)..<1 << 13 {
            guard let value = Self.decode(bits) else { continue }
            values.insert(value)
            #expect(ARM64Immediate.logical(value, .bits64).flatMap(Self.decode) == value)
        }
        // There are so many of them.
        #expect(values.count == 5334)
        for value in values {
            for other in [value ^ 1, value ^ 1 << 40, value &+ 1, value << 1] where !values.contains(other) {
                #expect(ARM64Immediate.logical(other, .bits64) == nil)
            }
        }
        for value in values where value >> 32 == value & 0xFFFF_FFFF {
            #expect(ARM64Immediate.logical(value & 0xFFFF_FFFF, .bits32).flatMap(Self.decode) == value)
        }
    }
}
