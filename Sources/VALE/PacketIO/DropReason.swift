/// Why a copy of a frame was not transmitted. Every frame that enters is either transmitted or counted under one of
/// these.
public enum DropReason: UInt8, CaseIterable, Hashable, Sendable {
    // Decided by the program
    /// The program said drop (255).
    case programDrop
    /// The program returned a number that is no port and no verdict.
    case invalidVerdict
    /// The program named a port number that the switch has no port at.
    case noSuchPort
    /// The program named the ingress port, which VALE never sends back to.
    case backToIngress
    /// Broadcast with no other port to send to.
    case noOtherPort
    /// The switch has no program.
    case noProgram
    /// The program ran out of fuel.
    case programOutOfFuel
    /// The program faulted (bad access, unknown helper, call depth).
    case programFault

    // Decided by an XDP program
    /// `XDP_DROP`.
    case xdpDrop
    /// `XDP_ABORTED`.
    case xdpAborted
    /// Redirected to what is no port of the switch.
    case noRedirectTarget
    /// The program of a devmap's entry let the frame not go.
    case egressProgramDrop

    // Before the program
    /// Shorter than an Ethernet header.
    case runt
    /// The port is administratively down.
    case ingressDisabled
    /// The kernel had no room in the RX ring (`tp_drops`).
    case rxRingFull
    /// The kernel truncated the frame: it did not fit a slot.
    case rxTruncated
    /// A GSO size or a partial checksum that does not fit the frame's headers, at a port whose XDP programs see frames as
    /// on a wire.
    case badOffload

    // At the egress port
    case egressDisabled
    /// The egress interface is down or gone (ENETDOWN, ENXIO, ENODEV).
    case linkDown
    /// Larger than the egress takes (EMSGSIZE).
    case oversize
    /// The TX ring or socket buffer is full (EAGAIN, ENOBUFS).
    case txQueueFull
    /// The kernel refused the frame (any other error, TP_STATUS_WRONG_FORMAT).
    case txRefused

    /// As the API, the metrics and the page name it: `program_drop`.
    public var name: String {
        switch self {
        case .programDrop: "program_drop"
        case .invalidVerdict: "invalid_verdict"
        case .noSuchPort: "no_such_port"
        case .backToIngress: "back_to_ingress"
        case .noOtherPort: "no_other_port"
        case .noProgram: "no_program"
        case .programOutOfFuel: "program_out_of_fuel"
        case .programFault: "program_fault"
        case .xdpDrop: "xdp_drop"
        case .xdpAborted: "xdp_aborted"
        case .noRedirectTarget: "no_redirect_target"
        case .egressProgramDrop: "egress_program_drop"
        case .runt: "runt"
        case .ingressDisabled: "ingress_disabled"
        case .rxRingFull: "rx_ring_full"
        case .rxTruncated: "rx_truncated"
        case .badOffload: "bad_offload"
        case .egressDisabled: "egress_disabled"
        case .linkDown: "link_down"
        case .oversize: "oversize"
        case .txQueueFull: "tx_queue_full"
        case .txRefused: "tx_refused"
        }
    }

    public static var count: Int { allCases.count }
}
