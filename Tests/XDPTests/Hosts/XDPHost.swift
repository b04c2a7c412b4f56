import Object

/// Who runs a program: Linux, or Swale by one of its engines.
protocol XDPHost {
    func write(_ entry: Scenario.Entry) throws
    func run(_ packet: Packet) throws -> XDPOutcome
    /// Elements by key. Those of arrays that are all zero are left out; of per-CPU maps, the value of the one CPU that
    /// ran; of maps of maps, the elements of those within, by both keys. What has no keys is numbered in its order, and
    /// taken. Nil where a map can't be read.
    func contents(of map: String) throws -> MapContents?
}

struct XDPOutcome: Hashable, CustomStringConvertible {
    var verdict: XDPVerdict
    /// The packet as the program left it.
    var packet: Packet

    var description: String { "\(verdict) \(packet.metadata) \(packet.bytes)" }
}

typealias MapContents = [[UInt8]: [UInt8]]

/// What has an order and no keys.
func numbered(_ elements: [[UInt8]]) -> MapContents {
    var contents: MapContents = [:]
    for (index, element) in elements.enumerated() { contents[u32(UInt32(index))] = element }
    return contents
}

/// `enum xdp_action`, <linux/bpf.h>.
enum XDPVerdict: Hashable, CustomStringConvertible {
    case aborted, drop, pass, tx, redirect
    case other(UInt32)

    init(_ value: UInt32) {
        switch value {
        case 0: self = .aborted
        case 1: self = .drop
        case 2: self = .pass
        case 3: self = .tx
        case 4: self = .redirect
        default: self = .other(value)
        }
    }

    var description: String {
        switch self {
        case .aborted: "XDP_ABORTED"
        case .drop: "XDP_DROP"
        case .pass: "XDP_PASS"
        case .tx: "XDP_TX"
        case .redirect: "XDP_REDIRECT"
        case .other(let value): "\(value)"
        }
    }
}

struct HostError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}

extension MapType {
    var isPerCPU: Bool { [.perCPUArray, .perCPUHash, .lruPerCPUHash].contains(self) }
    var isArray: Bool { self == .array || self == .perCPUArray }
    /// Whether user space reads its elements by key.
    var isReadable: Bool {
        switch self {
        case .array, .perCPUArray, .hash, .perCPUHash, .lruHash, .lruPerCPUHash, .lpmTrie: true
        default: false
        }
    }
}
