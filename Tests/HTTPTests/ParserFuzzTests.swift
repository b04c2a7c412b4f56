import HTTPTypes
import TestSupport
import Testing

@testable import HTTP

/// Mutations of requests, from a fixed seed: whatever arrives is a request or a refusal, never a trap, and says the same
/// however it is split.
@Suite struct ParserFuzzTests {
    private static let seeds = RequestSyntaxTests.all.map { Array($0.request.utf8) }

    private static let tokens = [
        "\r\n", "\r", "\n", "\0", " ", "\t", ":", ";", ",", "chunked", "Content-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\n", "Host: localhost\r\n", "0\r\n\r\n", "HTTP/1.1", "GET / HTTP/1.1\r\n", "%00",
        "ffffffffffffffff", "/../", "18446744073709551616", "[::1", "\u{ff}",
    ].map { Array($0.utf8) }

    private static func mutate(_ bytes: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let at = Int.random(in: 0...bytes.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0 where at < bytes.count: bytes[at] = UInt8.random(in: 0...255, using: &random)
            case 1 where at < bytes.count: bytes.remove(at: at)
            case 2: bytes.insert(contentsOf: tokens.randomElement(using: &random)!, at: at)
            case 3: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 0...20, using: &random)))
            case 4:
                let end = min(bytes.count, at + Int.random(in: 0...40, using: &random))
                bytes.insert(contentsOf: bytes[at..<end], at: at)
            default:
                let other = seeds.randomElement(using: &random)!
                bytes.replaceSubrange(at..., with: other[min(at, other.count)...])
            }
        }
        return bytes
    }

    /// What parts of a connection's input amount to: each request in short, and the refusal that ended them.
    private static func parse(_ parts: [ArraySlice<UInt8>]) -> [String] {
        let limits = HeadScanner.Limits(requestLine: 8192, section: 16384, fields: 100)
        var input = InputBuffer()
        var scanner = HeadScanner()
        var decoder: BodyDecoder?
        var head: RequestHead?
        var body: [UInt8] = []
        var log: [String] = []
        do throws(RequestError) {
            for part in parts {
                input.append(part)
                while !input.isEmpty {
                    if head == nil {
                        guard let length = try scanner.scan(input, limits: limits) else { break }
                        head = try RequestHead(input.prefix(length), lines: scanner.lines, targetLimit: 8192)
                        input.consume(length)
                        scanner = HeadScanner()
                        decoder = BodyDecoder(head!.framing)
                        if case .length(let length) = head!.framing, length > 100_000 { throw .bodyTooLarge(limit: 0) }
                    }
                    if decoder != nil, !input.isEmpty {
                        guard try decoder!.decode(&input, into: &body, limit: 100_000, trailer: limits) else { break }
                        decoder = nil
                    }
                    if decoder == nil {
                        log.append("\(head!.method) \(head!.target.raw) \(head!.fields.count) \(body)")
                        head = nil
                        body = []
                    }
                }
            }
        } catch {
            log.append("\(error.status.code) \(error.detail)")
        }
        return log
    }

    @Test(arguments: 0..<8 as Range<UInt64>) func neverTrapsAndSplitsDoNotMatter(_ seed: UInt64) {
        var random = SplitMix(seed: seed)
        var refused = 0
        let rounds = 4000
        for _ in 0..<rounds {
            let bytes = Self.mutate(Self.seeds.randomElement(using: &random)!, &random)
            let whole = Self.parse([bytes[...]])
            if whole.last?.first?.isNumber == true { refused += 1 }
            let split = Int.random(in: 0...bytes.count, using: &random)
            #expect(Self.parse([bytes[..<split], bytes[split...]]) == whole)
        }
        // The mutations reach both sides.
        #expect(refused > rounds / 10 && refused < rounds * 19 / 20, "\(refused) of \(rounds) refused")
    }

    @Test func everySeedByteByByte() {
        for seed in Self.seeds where seed.count < 2000 {
            #expect(Self.parse(seed.indices.map { seed[$0...$0] }) == Self.parse([seed[...]]))
        }
    }

    @Test func overAConnection() throws {
        let server = try TestServer { $0.timeouts.linger = 0.05 }
        var random = SplitMix(seed: 99)
        for _ in 0..<1500 {
            let bytes = Self.mutate(Self.seeds.randomElement(using: &random)!, &random)
            let client = try server.connect()
            try? client.send(bytes)
            client.finishSending()
            let text = client.readToEnd()
            #expect(text.isEmpty || text.hasPrefix("HTTP/1.1 "))
            #expect(!text.hasPrefix("HTTP/1.1 500"))
        }
        #expect(try server.exchange("GET / HTTP/1.0\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
    }
}
