/// What an XDP program does with a frame: `enum xdp_action`, <linux/bpf.h>.
public enum XDPVerdict: UInt8, CaseIterable, Hashable, Sendable {
    case aborted = 0
    case drop = 1
    /// On to the next program of the chain, then to the switch.
    case pass = 2
    /// Out of the port that it came in at.
    case tx = 3
    case redirect = 4

    /// As the API names it: `pass`.
    public var name: String {
        switch self {
        case .aborted: "aborted"
        case .drop: "drop"
        case .pass: "pass"
        case .tx: "tx"
        case .redirect: "redirect"
        }
    }
}
