import Foundation

/// A JSON document as the service answers it, for looking things up in it; what is not there is null.
struct Document {
    private let value: Any?

    init(_ value: Any?) { self.value = value is NSNull ? nil : value }

    init(parsing bytes: [UInt8]) throws(Failure) {
        do {
            self.init(try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed))
        } catch {
            throw .failed("the service's answer is not JSON")
        }
    }

    subscript(name: String) -> Document { Document((value as? [String: Any])?[name]) }

    var isNull: Bool { value == nil }
    var items: [Document] { (value as? [Any])?.map { Document($0) } ?? [] }
    /// Members of an object, by name.
    var members: [(name: String, value: Document)] {
        (value as? [String: Any])?.sorted { $0.key < $1.key }.map { ($0.key, Document($0.value)) } ?? []
    }
    var string: String? { value as? String }
    /// A number, or a string of decimal digits.
    var count: UInt64? { (value as? String).flatMap { UInt64($0) } ?? (value as? NSNumber)?.uint64Value }

    /// A number with one digit behind the point.
    var rounded: String { (value as? NSNumber).map { String(format: "%.1f", $0.doubleValue) } ?? "-" }

    /// For a table's cell: strings as they are, `-` for null, else compact JSON.
    var text: String {
        guard let value else { return "-" }
        return value as? String ?? json
    }

    /// JSON text, members by name.
    var json: String {
        guard let value else { return "null" }
        let options: JSONSerialization.WritingOptions = [.fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes]
        let data = try? JSONSerialization.data(withJSONObject: value, options: options)
        return data.map { String(decoding: $0, as: UTF8.self) } ?? "?"
    }

    /// `name 12, other 3`.
    var countsText: String {
        let counts = members.filter { $0.value.count != 0 }
        return counts.isEmpty ? "-" : counts.map { "\($0.name) \($0.value.text)" }.joined(separator: ", ")
    }
}

/// JSON bodies of requests.
enum RequestBody {
    static func json(_ members: [String: Any?]) -> [UInt8] {
        let present = members.compactMapValues { $0 }
        let data = try? JSONSerialization.data(
            withJSONObject: present, options: [.sortedKeys, .withoutEscapingSlashes])
        return data.map { Array($0) } ?? []
    }

    /// What a person writes for a value: JSON where it is JSON, else a string.
    static func value(_ text: String) -> Any {
        let value = try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
        return value ?? text
    }
}
