import Testing

@testable import Engine

/// Cases for the harness, in the form that it reads, and what is expected of each.
final class ARM64Batch {
    /// Where the harness has memory, and code behind stubs of 16 bytes each.
    static let memory: UInt = 0x2_0000_0000
    static let memoryBytes = 1 << 24
    static let code: UInt = 0x3_0000_0000
    static let codeBytes = 1 << 26

    /// The stubs, in their order.
    enum Stub: UInt {
        case lookup, update, delete, time, random, call, mapLookup, mapUpdate, mapDelete

        var address: UInt { ARM64Batch.code + rawValue * 16 }
    }

    /// Bytes to be in memory before a run, or so many zeros.
    struct Piece {
        var address: UInt
        var count: Int
        var bytes: UnsafeRawPointer?
        /// Whether the outcome is to have them.
        var isWanted: Bool
    }

    struct Outcome {
        /// 0, the number of the signal that ended it, or 1000 and that of a register.
        var status: UInt64
        /// What the helpers noted.
        var words: [UInt64]
        /// Those that were wanted.
        var pieces: [[UInt8]]
    }

    /// Whose code the last case has.
    var lastCode: AnyObject?
    private var bytes: [UInt8] = []
    private var checks: [(wanted: [Int], check: (Outcome) -> Void)] = []

    var count: Int { checks.count }

    func put(_ number: UInt64) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private func put(_ pointer: UnsafeRawPointer, _ count: Int) {
        bytes.append(contentsOf: UnsafeRawBufferPointer(start: pointer, count: count))
        bytes.append(contentsOf: repeatElement(0, count: -count & 7))
    }

    /// - Parameters:
    ///   - code: Empty: the code of the case before.
    ///   - maps: 9 numbers each.
    ///   - arguments: those of the code.
    func add(
        code: [UInt8], maps: [[UInt64]], pieces: [Piece], arguments: [UInt64], check: @escaping (Outcome) -> Void
    ) {
        put(UInt64(code.count))
        code.withUnsafeBytes { if let start = $0.baseAddress { put(start, $0.count) } }
        put(UInt64(maps.count))
        for map in maps { for number in map { put(number) } }
        put(UInt64(pieces.count))
        for piece in pieces {
            put(UInt64(piece.address))
            put(UInt64(piece.count))
            put(piece.bytes == nil ? 0 : 1)
            put(piece.isWanted ? 1 : 0)
            if let bytes = piece.bytes { put(bytes, piece.count) }
        }
        for argument in arguments { put(argument) }
        checks.append((pieces.filter(\.isWanted).map(\.count), check))
    }

    /// Runs all cases and checks each.
    func run() throws {
        let cases = bytes
        bytes = []
        for number in [
            UInt64(Self.memory), UInt64(Self.memoryBytes), UInt64(Self.code), UInt64(Self.codeBytes),
            Self.offset(NativeLayout.State.registers), Self.offset(NativeLayout.State.slot),
            Self.offset(NativeLayout.State.helperCost), Self.offset(NativeLayout.State.helperFault),
            UInt64(checks.count),
        ] { put(number) }
        let output = try ARM64Harness.outcomes(bytes + cases)
        var next = 0
        func number() throws -> UInt64 {
            try #require(next + 8 <= output.count)
            defer { next += 8 }
            return output.withUnsafeBytes { $0.load(fromByteOffset: next, as: UInt64.self) }
        }
        for (wanted, check) in checks {
            let status = try number()
            let words = try (0..<Int(try number())).map { _ in try number() }
            var pieces: [[UInt8]] = []
            for count in wanted {
                try #require(next + count <= output.count)
                pieces.append(Array(output[next..<next + count]))
                next += (count + 7) & ~7
            }
            check(Outcome(status: status, words: words, pieces: pieces))
        }
        #expect(next == output.count)
    }

    private static func offset(_ offset: Int32) -> UInt64 { UInt64(offset) }
}
