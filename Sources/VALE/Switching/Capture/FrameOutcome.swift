import PacketIO

/// What became of a frame.
public enum FrameOutcome: Hashable, Sendable {
    /// The port sends it on: its egress port knows the rest.
    case forwarded
    case broadcast
    /// `XDP_TX`
    case sentBack
    /// `XDP_REDIRECT`
    case redirected
    case dropped(DropReason)
    /// Of frames that were sent together the egress port took some: this one may be among the others.
    case uncertain(DropReason)
    /// Nobody said.
    case unknown
}

/// The same as the worker notes it: what happened, and a port number or a drop reason.
struct OutcomeCode: BitwiseCopyable, Equatable {
    let raw: UInt16

    init(raw: UInt16) { self.raw = raw }

    @inline(__always) @_noAllocation @_noLocks
    private init(_ kind: UInt16, _ value: UInt8) { raw = kind << 8 | UInt16(value) }

    static var unknown: OutcomeCode { OutcomeCode(0, 0) }
    @inline(__always) @_noAllocation @_noLocks
    static func forward(_ egress: Int) -> OutcomeCode { OutcomeCode(1, UInt8(truncatingIfNeeded: egress)) }
    static var broadcast: OutcomeCode {
        @inline(__always) @_noAllocation @_noLocks get { OutcomeCode(2, 255) }
    }
    static var sentBack: OutcomeCode { OutcomeCode(3, 255) }
    /// 255: to several ports.
    static func redirect(_ egress: UInt8) -> OutcomeCode { OutcomeCode(4, egress) }
    @inline(__always) @_noAllocation @_noLocks
    static func drop(_ reason: DropReason) -> OutcomeCode {
        // The compiler does not see into the other module; there is nothing in it.
        _unsafePerformance { OutcomeCode(5, reason.rawValue) }
    }
    static func uncertain(_ reason: DropReason) -> OutcomeCode { OutcomeCode(6, reason.rawValue) }

    private var value: UInt8 { UInt8(truncatingIfNeeded: raw) }

    /// The number of the one port that the frame goes to.
    var egress: UInt8? { (raw >> 8 == 1 || raw >> 8 == 4) && value < 254 ? value : nil }

    var outcome: FrameOutcome {
        switch raw >> 8 {
        case 1: .forwarded
        case 2: .broadcast
        case 3: .sentBack
        case 4: .redirected
        case 5: DropReason(rawValue: value).map { .dropped($0) } ?? .unknown
        case 6: DropReason(rawValue: value).map { .uncertain($0) } ?? .unknown
        default: .unknown
        }
    }

    /// Whether a tap wants frames that this became of.
    @inline(__always)
    func fits(_ wanted: TapOptions.Outcome) -> Bool {
        switch wanted {
        case .any: true
        case .forwarded: (1...4).contains(raw >> 8) || raw >> 8 == 6
        case .dropped: raw >> 8 >= 5
        }
    }
}
