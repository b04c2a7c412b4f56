import Capture
import Classic
import Object

/// `FilterSpec` of openapi.yaml: an expression that libpcap compiles, and what its program returns for a match.
struct FilterUpload {
    /// The name of the one function that a filter has.
    static let function = "filter"

    enum FilterType: String, CaseIterable { case xdp, vale }

    private let expression: JSONReader
    private let text: String
    private let type: FilterType
    /// Egress port, or 254 for broadcast; of a vale program.
    private let match: UInt8

    init(_ reader: JSONReader) throws(Problem) {
        let members = try reader.members(known: ["filter", "type", "match"])
        expression = try members.required("filter")
        text = try expression.string()
        type = try members["type"]?.choice() ?? .xdp
        if let match = members["match"], type != .vale {
            throw match.refusal("it is for filters of type vale; of type xdp, what matches passes")
        }
        match = UInt8(try members["match"]?.integer(in: 0...254) ?? 254)
    }

    /// Names of hosts in the expression are looked up here.
    func program() throws(Problem) -> ObjectProgram {
        do {
            let instructions = try FilterExpression.compile(text)
            let verdicts = type == .vale ? FilterVerdicts.vale(match: match) : .xdp
            return try ClassicProgram(instructions).translated(name: Self.function, verdicts)
        } catch {
            throw expression.refusal("\(error)")
        }
    }

    var spec: JSON {
        var spec: JSON = ["filter": .string(text), "type": .string(type.rawValue)]
        if type == .vale { spec.set("match", .integer(match)) }
        return spec
    }
}
