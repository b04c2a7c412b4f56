import CPcap
import Capture
import Classic
import Testing

/// Verdicts are those of libpcap's own interpreter.
struct FilterTests {
    @Test(arguments: Expressions.all)
    func filtersMatchWhatLibpcapMatches(expression: String) throws {
        // Without the optimizer the long ones are longer than programs may be.
        for optimizes in Expressions.long.contains(expression) ? [true] : [true, false] {
            let classic = try FilterExpression.compile(expression, optimizes: optimizes)
            let run = try FilterRun(classic)
            for packet in Packets.truncated {
                let expected = PcapFilter.matches(classic, packet)
                let found = run.matches(packet)
                if found.allSatisfy({ $0 == expected }) { continue }
                Issue.record(
                    "\(expression), optimized: \(optimizes), \(packet.count) bytes: \(packet.prefix(200)), \(found)")
            }
        }
    }

    @Test func somePacketMatchesAndSomeDoesNot() throws {
        let undecided = try Expressions.combinations.filter { expression in
            let classic = try FilterExpression.compile(expression)
            return Set(Packets.truncated.map { PcapFilter.matches(classic, $0) }).count < 2
        }
        #expect(undecided.isEmpty)
    }

    @Test(arguments: ["tcp prt 80", "port 99999999", "(((", "1 = 2", "on eth0", "ether[0] / 0 = 1", "ip[0] << 33 = 0"])
    func whatLibpcapRefusesIsRefusedInItsWords(expression: String) {
        #expect { try FilterExpression.compile(expression) } throws: { error in
            (error as? CaptureError)?.description.isEmpty == false
        }
    }

    @Test(arguments: ["ip protochain 6", "ip6 protochain 17", "inbound", "ether[-4] = 0"])
    func whatIsNotOfferedIsRefused(expression: String) throws {
        let classic = try FilterExpression.compile(expression)
        #expect { try ClassicProgram(classic) } throws: { error in
            switch (error as? ClassicError)?.kind {
            case .loop, .ancillaryLoad: true
            default: false
            }
        }
    }

    /// A name that has to be asked for would take seconds where nobody answers.
    @Test func namesAreLookedUpInFilesAlone() throws {
        #expect(try !FilterExpression.compile("host localhost and port http").isEmpty)
        #expect(throws: CaptureError.self) { try FilterExpression.compile("host name.invalid") }
    }

    @Test func longAndOddTextIsRefused() {
        // Short enough, but it takes the optimizer half a minute.
        let ranges = (0..<150).map { "1-\($0 % 10)" }.joined(separator: "||")
        #expect(throws: CaptureError.self) { try FilterExpression.compile("portrange " + ranges) }
        #expect(throws: CaptureError.self) {
            try FilterExpression.compile("ip or " + String(repeating: "(", count: 5000))
        }
        #expect(throws: CaptureError.self) { try FilterExpression.compile("ip\0tcp") }
        #expect(throws: CaptureError.self) {
            try FilterExpression.compile(String(repeating: "(", count: FilterExpression.maxLength))
        }
    }
}
