import PacketIO

/// What a port is backed by, as asked for.
public enum PortBackend: Sendable {
    /// A Linux interface through AF_PACKET. `mayBeAbsent`: the port may be added before its interface exists.
    case interface(String, options: AFPacketOptions = AFPacketOptions(), mayBeAbsent: Bool = false)
    /// Belongs to the caller, who closes it after the port was removed.
    case memory(MemoryPort)

    /// As the API names it: `af_packet` or `memory`.
    public var name: String {
        switch self {
        case .interface: "af_packet"
        case .memory: "memory"
        }
    }

    public var interface: String? {
        switch self {
        case .interface(let name, _, _): name
        case .memory: nil
        }
    }
}

/// Whether a port's interface can carry frames.
public enum PortState: String, CaseIterable, Hashable, Sendable {
    case up
    /// The interface is there, but down or without carrier.
    case down
    /// The interface is not there; the port takes it up again when one of its name comes.
    case absent
}

/// A port at one moment.
public struct PortInfo: Sendable {
    public var name: String
    /// 0 to 253.
    public var number: UInt8
    public var backend: PortBackend
    public var interface: String?
    /// The interface's own, or one from 0x10000 up where there is none; 0 while the interface is absent.
    public var ifindex: UInt32
    public var state: PortState
    public var isAdminUp: Bool
    /// Why the interface could not be opened when it was last tried; nil when all is well or it is simply not there.
    public var failure: PortError?
    public var macAddress: [UInt8]?
    /// Bytes of payload behind the Ethernet header.
    public var mtu: Int?
    /// Its XDP programs in the order in which they run.
    public var chain: [XDPAttachmentInfo]
    public var counters: PortCounters
}
