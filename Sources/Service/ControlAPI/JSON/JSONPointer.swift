/// Where in a document a value stands (RFC 6901): `/items/3/value`.
struct JSONPointer: Sendable, CustomStringConvertible {
    private(set) var description = ""

    static func / (pointer: JSONPointer, member: String) -> JSONPointer {
        var result = pointer
        let escaped = member.replacing("~", with: "~0").replacing("/", with: "~1")
        result.description += "/" + escaped
        return result
    }

    static func / (pointer: JSONPointer, index: Int) -> JSONPointer { pointer / String(index) }
}
