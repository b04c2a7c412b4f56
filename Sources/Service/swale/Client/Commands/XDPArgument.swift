import ArgumentParser

/// An XDP program on the command line: `PROGRAM[:FUNCTION][@PRIORITY]`.
struct XDPArgument: ExpressibleByArgument {
    let program: String
    let function: String?
    let priority: Int?

    init?(argument: String) {
        var rest = argument[...]
        if let at = rest.lastIndex(of: "@") {
            guard let priority = Int(rest[rest.index(after: at)...]) else { return nil }
            self.priority = priority
            rest = rest[..<at]
        } else {
            priority = nil
        }
        let parts = rest.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let program = parts.first, !program.isEmpty, !parts.dropFirst().contains("") else { return nil }
        self.program = program
        function = parts.count > 1 ? parts[1] : nil
    }

    /// A member of a port's `xdp`.
    var spec: [String: Any] {
        var spec: [String: Any] = ["program": program]
        spec["function"] = function
        spec["priority"] = priority
        return spec
    }
}
