import Testing

@testable import swale

@Suite struct HexTests {
    @Test(
        arguments: [
            ("", []),
            ("00ff", [0x00, 0xFF]),
            ("0xDEADbeef", [0xDE, 0xAD, 0xBE, 0xEF]),
            (" b7 00\n\t00 00\r\n", [0xB7, 0, 0, 0]),
            ("02:00:00:00:00:01", [2, 0, 0, 0, 0, 1]),
            ("0x01, 0x02", [1, 2]),
        ] as [(String, [UInt8])])
    func reads(text: String, bytes: [UInt8]) {
        #expect(Hex.bytes(text) == bytes)
    }

    @Test(arguments: ["0", "abc", "0g", "-1", "é0", "00 0x1", "xx"])
    func refuses(text: String) {
        #expect(Hex.bytes(text) == nil)
    }

    @Test func writes() {
        #expect(Hex.text([0, 0x0A, 0xFF]) == "000aff")
    }
}
