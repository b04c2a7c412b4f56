/// What stood in a path where the route's template has `{name}`, percent-decoded.
public struct PathParameters: Sendable, Equatable {
    private var items: [(name: String, value: String)] = []

    public init() {}

    /// The value of a parameter that the route's template has; asking for another is a mistake of the caller.
    public subscript(name: String) -> String {
        guard let item = items.first(where: { $0.name == name }) else {
            preconditionFailure("the route has no parameter \(name)")
        }
        return item.value
    }

    /// Nil where the template has no such parameter.
    public func value(_ name: String) -> String? {
        items.first { $0.name == name }?.value
    }

    mutating func append(name: String, value: String) {
        items.append((name, value))
    }

    public static func == (a: PathParameters, b: PathParameters) -> Bool {
        a.items.elementsEqual(b.items) { $0 == $1 }
    }
}
