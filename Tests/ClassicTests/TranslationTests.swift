import Classic
import Testing

/// What libpcap does not make of any expression, or not of ours.
struct TranslationTests {
    private static let match = ClassicInstruction(0x06, 1)

    /// Programs by hand: `ret a`, scratch memory, code that nothing leads to, divisors and shifts
    /// from X.
    static let programs: [[ClassicInstruction]] = [
        [.init(0x30, 0), .init(0x16)],
        [.init(0x80), .init(0x02, 15), .init(0x60, 15), .init(0x16)],
        [.init(0x05, 1), .init(0x30, 70_000), .init(0x30, 3), .init(0x16)],
        [.init(0x30, 0), .init(0x15, 2, jumpTrue: 0, jumpFalse: 1), match, .init(0x06, 0)],
        [.init(0x30, 0), .init(0x45, 2, jumpTrue: 0, jumpFalse: 1), match, .init(0x06, 0)],
        [.init(0x30, 0), .init(0x45, 2, jumpTrue: 1, jumpFalse: 0), match, .init(0x06, 0)],
        [.init(0x30, 0), .init(0x25, 2, jumpTrue: 0, jumpFalse: 1), match, .init(0x06, 0)],
        [.init(0x30, 0), .init(0x35, 2, jumpTrue: 0, jumpFalse: 1), match, .init(0x06, 0)],
        [.init(0x30, 0), .init(0x35, 0xffff_fff0, jumpTrue: 1, jumpFalse: 0), match, .init(0x06, 0)],
        [.init(0x80), .init(0x07), .init(0x30, 3), .init(0x9c), .init(0x16)],
        [.init(0x30, 3), .init(0x07), .init(0x80), .init(0x3c), .init(0x16)],
        [.init(0x30, 3), .init(0x07), .init(0x80), .init(0x6c), .init(0x16)],
        [.init(0x30, 3), .init(0x07), .init(0x80), .init(0x7c), .init(0x16)],
        [.init(0x81), .init(0x87), .init(0x84), .init(0x07), .init(0x50, 5), .init(0x16)],
        [.init(0x01, 0xffff_ffff), .init(0x50, 1), .init(0x16)],
        [.init(0x01, 0xffff_0000), .init(0x40, 4), .init(0x16)],
        [.init(0x01, 8), .init(0x48, 0x8000_0000), .init(0x16)], [.init(0xb1, 14), .init(0x87), .init(0x16)],
        [.init(0xb1, 65_534), .init(0x87), .init(0x16)], [.init(0xb1, 65_535), .init(0x87), .init(0x16)],
        [.init(0x20, 65_531), .init(0x06, 1)], [.init(0x20, 65_532), .init(0x06, 1)], [.init(0x28, 40_000), match],
    ]

    @Test(arguments: programs)
    func programsByHandMatchAsInLibpcap(program: [ClassicInstruction]) throws {
        let run = try FilterRun(program)
        for packet in Packets.truncated {
            let expected = PcapFilter.matches(program, packet)
            #expect(run.matches(packet).allSatisfy { $0 == expected }, "\(packet.count) bytes: \(packet.prefix(200))")
        }
    }

    /// libpcap leaves what it holds open; Linux refuses such a program.
    @Test func scratchMemoryBeginsAsZero() throws {
        let sum: [ClassicInstruction] = [.init(0x60, 3), .init(0x61, 4), .init(0x4c), .init(0x16)]
        #expect(try FilterRun(sum).matches(Packets.all[1]).allSatisfy { $0 == false })
    }

    /// The longest there is, of the steps that take most instructions.
    @Test func theLongestProgramIsTranslatedAndVerified() throws {
        let program = [ClassicInstruction](repeating: .init(0x40, 1), count: 4095) + [.init(0x16)]
        let run = try FilterRun(program)
        for packet in Packets.all {
            let expected = PcapFilter.matches(program, packet)
            #expect(run.matches(packet).allSatisfy { $0 == expected })
        }
    }

    @Test(
        arguments: [
            ([], .length(0), nil), (Array(repeating: match, count: 4097), .length(4097), nil),
            ([.init(0x30, 0)], .noReturn, 0), ([.init(0x05, 1), match], .jumpTarget(2), 0),
            ([.init(0x05, .max), match], .loop(1), 0),
            ([.init(0x15, 0, jumpTrue: 0, jumpFalse: 200), match], .jumpTarget(201), 0),
            ([match, .init(0x60, 16), match], .scratchIndex(16), 1),
            ([.init(0x02, .max), match], .scratchIndex(.max), 0),
            ([.init(0x34, 0), match], .divisionByZero, 0), ([.init(0x94, 0), match], .divisionByZero, 0),
            ([.init(0x64, 32), match], .shift(32), 0), ([.init(0x74, 99), match], .shift(99), 0),
            ([.init(0x28, 0xffff_f02c), match], .ancillaryLoad(0xffff_f02c), 0),
            ([.init(0x30, 0xffe0_0000), match], .ancillaryLoad(0xffe0_0000), 0),
            ([.init(0xa4, 1), .init(0x99), match], .unknownCode(0x99), 1),
            ([.init(0x1000), match], .unknownCode(0x1000), 0),
            ([.init(0x55), match], .unknownCode(0x55), 0),
        ] as [([ClassicInstruction], ClassicError.Kind, Int?)])
    func whatIsNoProgramIsRefused(program: [ClassicInstruction], kind: ClassicError.Kind, at index: Int?) {
        #expect(throws: ClassicError(kind, at: index)) { try ClassicProgram(program) }
    }
}
