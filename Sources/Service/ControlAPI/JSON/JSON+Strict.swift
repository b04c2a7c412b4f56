import Foundation

extension JSON {
    /// Refuses what Foundation takes though RFC 8259 has no such thing, or leaves its meaning open: a comma with nothing
    /// behind it, a byte order mark, and two members of one name.
    ///
    /// - Parameter bytes: a document that Foundation has parsed.
    /// - Throws: `Problem` `malformed` (400).
    static func requireStrict(_ bytes: [UInt8]) throws(Problem) {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { throw .malformed("the body begins with a byte order mark") }
        /// Names in the objects around the place; nil for an array.
        var names: [Set<String>?] = []
        var previous: UInt8 = 0
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                index += 1
                continue
            case UInt8(ascii: "{"): names.append([])
            case UInt8(ascii: "["): names.append(nil)
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if previous == UInt8(ascii: ",") {
                    throw .malformed("the body is not JSON: a comma with nothing behind it, at byte \(index)")
                }
                _ = names.popLast()
            case UInt8(ascii: "\""):
                let end = endOfString(bytes, from: index)
                let isName = previous == UInt8(ascii: "{") || previous == UInt8(ascii: ",")
                if isName, !names.isEmpty {
                    let name = text(bytes[index..<end])
                    if names[names.count - 1]?.insert(name).inserted == false {
                        throw .malformed("the body has two members \(name) in one object")
                    }
                }
                index = end - 1
            default: break
            }
            previous = byte
            index += 1
        }
    }

    /// Behind the closing quote.
    private static func endOfString(_ bytes: [UInt8], from start: Int) -> Int {
        var index = start + 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index + 1, bytes.count)
    }

    /// What a quoted string says.
    private static func text(_ quoted: ArraySlice<UInt8>) -> String {
        guard quoted.contains(UInt8(ascii: "\\")) else {
            return String(decoding: quoted.dropFirst().dropLast(), as: UTF8.self)
        }
        let value = try? JSONSerialization.jsonObject(with: Data(quoted), options: [.fragmentsAllowed])
        return value as? String ?? ""
    }
}
