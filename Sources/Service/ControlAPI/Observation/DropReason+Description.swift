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
        case .runt: "shorter than an Ethernet header"
        case .ingressDisabled: "the ingress port is administratively down"
        case .rxRingFull: "no room in the receive ring"
        case .rxTruncated: "the kernel cut the frame"
        case .egressDisabled: "the egress port is administratively down"
        case .linkDown: "the egress interface is down or gone"
        case .oversize: "larger than the egress takes"
        case .txQueueFull: "the transmit queue is full"
        case .txRefused: "the kernel refused the frame"
        }
    }
}
