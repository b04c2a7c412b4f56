import PacketIO

extension DropReason {
    /// A line for people.
    var explanation: String {
        switch self {
        case .programDrop: "the program said drop (255)"
        case .invalidVerdict: "the program returned a number that is no port and no verdict"
        case .noSuchPort: "the program named a port number that the switch has no port at"
        case .backToIngress: "the program named the ingress port"
        case .noOtherPort: "broadcast with no other port to send to"
        case .noProgram: "the switch has no program"
        case .programOutOfFuel: "the program ran for too long"
        case .programFault: "the program faulted"
        case .xdpDrop: "an XDP program said XDP_DROP"
        case .xdpAborted: "an XDP program said XDP_ABORTED"
        case .noRedirectTarget: "an XDP program redirected the frame to what is no port of the switch"
        case .egressProgramDrop: "the program of a devmap's entry let the frame not go"
        case .runt: "shorter than an Ethernet header"
        case .ingressDisabled: "the ingress port is administratively down"
        case .rxRingFull: "no room in the receive ring"
        case .rxTruncated: "the kernel cut the frame"
        case .badOffload: "the frame's headers don't fit its GSO size or partial checksum"
        case .egressDisabled: "the egress port is administratively down"
        case .linkDown: "the egress interface is down or gone"
        case .oversize: "larger than the egress takes"
        case .txQueueFull: "the transmit queue is full"
        case .txRefused: "the kernel refused the frame"
        }
    }
}
