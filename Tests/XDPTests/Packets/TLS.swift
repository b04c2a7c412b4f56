/// A ClientHello in one record, RFC 8446 section 4.1.2.
///
/// - Parameter extensions: behind the server name.
func clientHello(
    _ name: String?, session: Int = 32, suites: Int = 4, before: [(type: UInt16, bytes: Int)] = [], kind: UInt8 = 0
) -> [UInt8] {
    var extensions: [UInt8] = []
    for item in before { extensions += be16(item.type) + be16(UInt16(item.bytes)) + zeros(item.bytes) }
    if let name {
        let text = Array(name.utf8)
        let list = [kind] + be16(UInt16(text.count)) + text
        extensions += be16(0) + be16(UInt16(list.count + 2)) + be16(UInt16(list.count)) + list
    }
    var hello: [UInt8] = [3, 3] + [UInt8](repeating: 0x5a, count: 32) + [UInt8(session)] + zeros(session)
    hello += be16(UInt16(2 * suites)) + zeros(2 * suites) + [1, 0]
    hello += be16(UInt16(extensions.count)) + extensions
    let handshake: [UInt8] = [1, 0] + be16(UInt16(hello.count)) + hello
    return [22, 3, 1] + be16(UInt16(handshake.count)) + handshake
}
