/// A path with parameters: `/v1/maps/{m}/entries`. A parameter is one whole segment and never empty; `{name...}` at the
/// end takes the rest of the path, slashes included.
public struct PathTemplate: Sendable, Equatable, CustomStringConvertible {
    enum Segment: Sendable, Equatable {
        case literal(String)
        case parameter(String)
        case rest(String)
    }

    public let description: String
    let segments: [Segment]

    /// A template that is none is a mistake of the caller.
    public init(_ template: String) {
        precondition(template.hasPrefix("/"), "\(template): a path template begins with a slash")
        description = template
        let parts = template == "/" ? [] : template.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        var segments: [Segment] = []
        var names: Set<String> = []
        for (index, part) in parts.enumerated() {
            guard part.hasPrefix("{"), part.hasSuffix("}") else {
                segments.append(.literal(String(part)))
                continue
            }
            var name = String(part.dropFirst().dropLast())
            let isRest = name.hasSuffix("...")
            if isRest { name.removeLast(3) }
            precondition(!name.isEmpty && names.insert(name).inserted, "\(template): a parameter without its own name")
            precondition(!isRest || index == parts.count - 1, "\(template): the rest is not at the end")
            segments.append(isRest ? .rest(name) : .parameter(name))
        }
        self.segments = segments
    }
}
