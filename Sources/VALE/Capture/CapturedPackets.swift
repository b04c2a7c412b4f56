import Glibc
import PacketIO
import Switching

/// Frames of a tap as blocks of a pcapng file: an interface per port, and what became of each frame in its comment.
struct CapturedPackets {
    var writer = PcapngWriter()
    private(set) var packets: UInt64 = 0
    private let snaplen: Int
    /// Interfaces by port, and frames that each misses.
    private var interfaces: [TappedPort: (number: UInt32, lost: UInt64)] = [:]
    private var comments: [CommentKey: [UInt8]] = [:]

    private struct CommentKey: Hashable {
        var ingress: UInt32
        var egress: UInt32?
        var outcome: FrameOutcome
    }

    /// Bytes of a packet's block beside the frame, and of the blocks that it may bring along, at most.
    static let overhead = 1024
    private static let maximumComments = 4096

    init(snaplen: Int) {
        self.snaplen = snaplen
        writer.section(application: "swale")
    }

    /// Its interface, which is there from now on.
    @discardableResult
    mutating func meet(_ port: TappedPort) -> UInt32 {
        if let known = interfaces[port] { return known.number }
        let number = writer.interface(name: port.name, snaplen: snaplen)
        interfaces[port] = (number, 0)
        return number
    }

    mutating func add(_ frame: TappedFrame) {
        let interface = meet(frame.port)
        if frame.lost > 0 { interfaces[frame.port]?.lost += frame.lost }
        let options = PcapngWriter.PacketOptions(
            comment: comment(frame), direction: frame.isDeparture ? .outbound : .inbound, dropCount: frame.lost,
            xdpVerdict: frame.isDeparture ? nil : frame.outcome.xdpVerdict.map { UInt64($0.rawValue) })
        writer.packet(
            interface: interface, nanoseconds: frame.nanoseconds, captured: frame.bytes, length: frame.length, options)
        packets += 1
    }

    /// The last blocks.
    mutating func statistics() -> [UInt8] {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let now = UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
        for interface in interfaces.values.sorted(by: { $0.number < $1.number }) {
            writer.statistics(interface: interface.number, nanoseconds: now, dropped: interface.lost)
        }
        return writer.take()
    }

    /// Frames that found no room after the port's last one.
    mutating func miss(_ frames: UInt64, of port: TappedPort) {
        meet(port)
        interfaces[port]?.lost += frames
    }

    private mutating func comment(_ frame: TappedFrame) -> [UInt8] {
        let key = CommentKey(ingress: frame.ingress.serial, egress: frame.egress?.serial, outcome: frame.outcome)
        if let known = comments[key] { return known }
        var text = "ingress=\(frame.ingress.name)"
        if let egress = frame.egress { text += " egress=\(egress.name)" }
        text += frame.outcome.text
        if comments.count >= Self.maximumComments { comments = [:] }
        comments[key] = Array(text.utf8)
        return Array(text.utf8)
    }
}

extension FrameOutcome {
    fileprivate var text: String {
        switch self {
        case .forwarded: " outcome=forward"
        case .broadcast: " outcome=broadcast"
        case .sentBack: " outcome=xdp_tx"
        case .redirected: " outcome=xdp_redirect"
        case .dropped(let reason): " outcome=drop reason=\(reason.name)"
        case .uncertain(let reason): " outcome=uncertain reason=\(reason.name)"
        case .unknown: ""
        }
    }

    /// What an XDP program said, where it was that which decided.
    var xdpVerdict: XDPVerdict? {
        switch self {
        case .sentBack: .tx
        case .redirected, .dropped(.noRedirectTarget), .dropped(.egressProgramDrop): .redirect
        case .dropped(.xdpDrop): .drop
        case .dropped(.xdpAborted): .aborted
        default: nil
        }
    }
}
