extension ProgramType {
    /// What a result means: `port 3`, `broadcast`, `drop`; `pass`, `drop`, `tx`, ...; `invalid` for what means nothing.
    public func verdict(_ value: UInt32) -> String {
        switch self {
        case .vale:
            switch value {
            case 0..<254: "port \(value)"
            case 254: "broadcast"
            case 255: "drop"
            default: "invalid"
            }
        case .xdp:
            Self.xdpActions.indices.contains(Int(value)) ? Self.xdpActions[Int(value)] : "invalid"
        case .memory: "\(value)"
        }
    }

    /// `enum xdp_action`, <linux/bpf.h>.
    private static let xdpActions = ["aborted", "drop", "pass", "tx", "redirect"]
}
