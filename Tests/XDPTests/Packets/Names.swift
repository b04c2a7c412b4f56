// DNS, RFC 1035.

/// A name as labels: `www.example.org`.
func dnsName(_ name: String) -> [UInt8] {
    name.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
}

/// A query of one question.
func dnsQuery(_ name: String, type: UInt16 = 1, flags: UInt16 = 0x0100, questions: UInt16 = 1) -> [UInt8] {
    be16(0x4242) + be16(flags) + be16(questions) + zeros(6) + dnsName(name) + be16(type) + be16(1)
}
