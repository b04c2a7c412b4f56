import Foundation

extension JSON {
    /// Parses a document by Foundation.
    ///
    /// - Throws: `Problem` `malformed` (400), which says where.
    init(parsing bytes: [UInt8]) throws(Problem) {
        guard !bytes.isEmpty else { throw .malformed("the body is empty; JSON is expected") }
        // Foundation would guess at UTF-16 and UTF-32.
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .malformed("the body is not UTF-8") }
        let value: Any
        do {
            value = try JSONSerialization.jsonObject(with: Data(bytes), options: [.fragmentsAllowed])
        } catch {
            let reason = (error as NSError).userInfo[NSDebugDescriptionErrorKey] as? String
            throw .malformed("the body is not JSON: \(reason ?? "malformed")")
        }
        try Self.requireStrict(bytes)
        self = Self.convert(value)
    }

    private static func convert(_ value: Any) -> JSON {
        switch value {
        case let text as String: .string(text)
        case let number as NSNumber: convert(number)
        case let items as [Any]: .array(items.map(convert))
        case let members as [String: Any]:
            .object(members.sorted { $0.key < $1.key }.map { Member(name: $0.key, value: convert($0.value)) })
        default: .null
        }
    }

    private static func convert(_ number: NSNumber) -> JSON {
        switch UInt8(bitPattern: number.objCType.pointee) {
        case UInt8(ascii: "c"), UInt8(ascii: "B"): .bool(number.boolValue)
        case UInt8(ascii: "d"), UInt8(ascii: "f"):
            // What passes 64 bits comes as a decimal, and so does Int64.min.
            if number is NSDecimalNumber, let exact = Int128(number.stringValue) {
                .whole(exact)
            } else if let whole = Int128(exactly: number.doubleValue), abs(number.doubleValue) <= 0x1p53 {
                .whole(whole)
            } else {
                .number(number.doubleValue)
            }
        case UInt8(ascii: "Q"): .whole(Int128(number.uint64Value))
        default: .whole(Int128(number.int64Value))
        }
    }
}
