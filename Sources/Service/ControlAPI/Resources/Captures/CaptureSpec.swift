import Capture
import Switching

/// `CaptureSpec` of openapi.yaml.
struct CaptureSpec: Sendable, Equatable {
    static let members = [
        "switch", "ports", "direction", "outcome", "filter", "snaplen", "packets", "bytes", "seconds", "lingerSeconds",
    ]

    var switchName: String
    /// Nil for all.
    var ports: [String]?
    var direction = TapOptions.Direction.both
    var outcome = TapOptions.Outcome.any
    /// A libpcap expression.
    var filter: String?
    var snaplen = TapOptions.maximumSnaplen
    var packets: UInt64?
    var bytes = 1 << 30
    var seconds: UInt64?
    /// It goes when nobody has read its packets for so long. Nil: it stays until it is deleted.
    var lingerSeconds: UInt64?

    init(_ reader: JSONReader) throws(Problem) {
        let members = try reader.members(known: Self.members)
        switchName = try members.required("switch").string()
        if let given = members["ports"] {
            var names: [String] = []
            for item in try given.items() { names.append(try item.string()) }
            guard !names.isEmpty else { throw given.refusal("it names no port; left out, it stands for all") }
            ports = names
        }
        direction = try members["direction"]?.choice() ?? .both
        outcome = try members["outcome"]?.choice() ?? .any
        filter = try members["filter"]?.string()
        if let given = members["snaplen"] {
            snaplen = Int(try given.integer(in: 1...Int128(TapOptions.maximumSnaplen)))
        }
        packets = try members["packets"].map { reader throws(Problem) in
            UInt64(try reader.integer(in: 1...Int128(Int64.max)))
        }
        if let given = members["bytes"] { bytes = Int(try given.integer(in: 65_536...1 << 40)) }
        seconds = try members["seconds"].map { reader throws(Problem) in
            UInt64(try reader.integer(in: 1...31_536_000))
        }
        lingerSeconds = try members["lingerSeconds"].map { reader throws(Problem) in
            UInt64(try reader.integer(in: 1...86_400))
        }
    }

    var json: JSON {
        var json: JSON = ["switch": .string(switchName)]
        if let ports { json.set("ports", .array(ports.map { .string($0) })) }
        json.set("direction", .string(direction.rawValue))
        json.set("outcome", .string(outcome.rawValue))
        if let filter { json.set("filter", .string(filter)) }
        json.set("snaplen", .integer(snaplen))
        if let packets { json.set("packets", .count(packets)) }
        json.set("bytes", .count(UInt64(bytes)))
        if let seconds { json.set("seconds", .integer(seconds)) }
        if let lingerSeconds { json.set("lingerSeconds", .integer(lingerSeconds)) }
        return json
    }

    var limits: CaptureSession.Limits {
        CaptureSession.Limits(packets: packets, bytes: bytes, seconds: seconds.map { Double($0) })
    }
}
