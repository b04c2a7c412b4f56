import HTTPTypes

/// Routes by the segments of their templates. A literal is tried before a parameter, a parameter before a rest.
struct RouteTree: Sendable {
    struct Match {
        var routes: [Route]
        var parameters: [String]
    }

    private struct Node {
        var literals: [String: Int] = [:]
        var parameter: Int?
        var rest: Int?
        var routes: [Route] = []
    }

    private var nodes = [Node()]

    mutating func insert(_ route: Route) {
        var index = 0
        for segment in route.template.segments {
            let next =
                switch segment {
                case .literal(let text): nodes[index].literals[text]
                case .parameter: nodes[index].parameter
                case .rest: nodes[index].rest
                }
            if let next {
                index = next
                continue
            }
            nodes.append(Node())
            let new = nodes.count - 1
            switch segment {
            case .literal(let text): nodes[index].literals[text] = new
            case .parameter: nodes[index].parameter = new
            case .rest: nodes[index].rest = new
            }
            index = new
        }
        precondition(
            !nodes[index].routes.contains { $0.method == route.method }, "\(route.method) \(route.template) twice")
        nodes[index].routes.append(route)
    }

    /// The routes of every method at a path. Nil where no template fits.
    func match(_ path: [String]) -> Match? {
        var parameters: [String] = []
        guard let node = find(path[...], from: 0, &parameters) else { return nil }
        return Match(routes: nodes[node].routes, parameters: parameters)
    }

    private func find(_ path: ArraySlice<String>, from index: Int, _ parameters: inout [String]) -> Int? {
        let node = nodes[index]
        guard let first = path.first else { return node.routes.isEmpty ? nil : index }
        if let literal = node.literals[first], let found = find(path.dropFirst(), from: literal, &parameters) {
            return found
        }
        if let parameter = node.parameter, !first.isEmpty {
            parameters.append(first)
            if let found = find(path.dropFirst(), from: parameter, &parameters) { return found }
            parameters.removeLast()
        }
        guard let rest = node.rest else { return nil }
        parameters.append(path.joined(separator: "/"))
        return rest
    }
}
