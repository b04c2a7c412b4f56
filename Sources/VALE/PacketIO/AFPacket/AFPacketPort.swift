import CLinux
import Glibc

/// A port on a Linux interface, by AF_PACKET sockets.
///
/// Received frames lie in a memory-mapped ring of slots of about the MTU's size; a longer one (GSO, up to 64 KiB) is
/// queued whole on the socket beside its slot (PACKET_COPY_THRESH). Frames carry virtio headers in and out, so partial
/// checksums and GSO sizes cross. A burst is sent by a TX ring with one system call, or, with GSO frames in it, by one
/// `sendmmsg`.
///
/// A struct behind a pointer: a copy refers to the same port. `receive`, `transmit`, `release` and the collecting of
/// drops belong to one worker.
public struct AFPacketPort: BitwiseCopyable, @unchecked Sendable {
    struct State {
        /// IFNAMSIZ (16) bytes: the name when the port was opened.
        let name: UnsafeMutablePointer<CChar>
        let index: Int32
        let receiver: PacketSocket
        /// Of the TX ring; past the queueing discipline.
        let ringSender: PacketSocket
        /// Through the queueing discipline: with bypass the kernel drops a GSO frame if the egress has TSO off.
        let queuedSender: PacketSocket

        let ring: ReceiveRing
        /// The next slot to read.
        var position = 0
        /// Slots read and not given back; they end at `position`.
        var held = 0
        var emptyReceives: UInt32 = 0

        /// Buffers for frames that don't fit a slot.
        let large: UnsafeMutableRawPointer
        let largeCount: Int
        var largeUsed = 0

        let transmitRing: TransmitRing
        /// The next slot to fill.
        var transmitPosition = 0
        /// Bytes of a frame that the egress takes, a VLAN tag apart; never more than fit a slot of the TX ring.
        var frameLimit: UInt32
        let ringFrameLimit: UInt32

        let messages: UnsafeMutablePointer<clinux_mmsghdr>
        let vectors: UnsafeMutablePointer<iovec>
        /// Bursts that still take the queued path, so that a frame does not overtake the GSO frames before it.
        var queuedBursts = 0
        /// Bursts in a row of which the kernel took nothing for want of room.
        var refusedBursts: UInt32 = 0
        /// The last such burst found no carrier.
        var noCarrier = false
    }

    let state: UnsafeMutablePointer<State>

    /// Frames of one send.
    static let transmitBatch = 256
    /// The loopback interface's 64 KiB would waste memory.
    static let maximumSlotMTU = 9216
    /// A frame of 64 KiB with a VLAN tag, in a buffer with headroom: an odd multiple of the cache line.
    static let largeFrameBytes = 65536 + 22
    static let largeStride = (PortIO.headroom + 64 + largeFrameBytes + 63) / 64 * 64 + 64
    static let largeOffset = PortIO.headroom + 64

    /// Opens the interface of that name in the calling thread's network namespace. It may be down.
    public static func open(interface: String, options: AFPacketOptions = AFPacketOptions()) throws(PortError)
        -> AFPacketPort
    {
        guard (16...1 << 20).contains(options.receiveSlots) else {
            throw .badOption("receive slots: \(options.receiveSlots) is not in 16...1048576")
        }
        guard options.receiveSlotBytes == 0 || (512...1 << 17).contains(options.receiveSlotBytes) else {
            throw .badOption("receive slot bytes: \(options.receiveSlotBytes) is not 0 or in 512...131072")
        }
        guard (16...1 << 16).contains(options.transmitSlots) else {
            throw .badOption("transmit slots: \(options.transmitSlots) is not in 16...65536")
        }
        guard (1...4096).contains(options.largeFrames) else {
            throw .badOption("large frames: \(options.largeFrames) is not in 1...4096")
        }
        var opened: [PacketSocket] = []
        do throws(PortError) {
            for _ in 0..<3 { opened.append(try PacketSocket.open(interface: interface)) }
            return try setUp(opened[0], opened[1], opened[2], interface: interface, options: options)
        } catch {
            for socket in opened { socket.close() }
            throw error
        }
    }

    private static func setUp(
        _ receiver: PacketSocket, _ direct: PacketSocket, _ queued: PacketSocket, interface: String,
        options: AFPacketOptions
    ) throws(PortError) -> AFPacketPort {
        let fd = receiver.descriptor
        let index = clinux_interface_index(fd, interface)
        guard index > 0 else { throw .failed("SIOCGIFINDEX", interface: interface, errno: -index) }
        var address: UInt64 = 0
        let type = withUnsafeMutableBytes(of: &address) {
            clinux_interface_address(fd, interface, $0.baseAddress!.assumingMemoryBound(to: UInt8.self))
        }
        // ARPHRD_ETHER, ARPHRD_LOOPBACK
        guard type == 1 || type == 772 else {
            throw type < 0
                ? .failed("SIOCGIFHWADDR", interface: interface, errno: -type)
                : .notEthernet(interface: interface, hardwareType: type)
        }
        let mtu = clinux_interface_mtu(fd, interface)
        guard mtu >= 0 else { throw .failed("SIOCGIFMTU", interface: interface, errno: -mtu) }

        try receiver.set(PACKET_COPY_THRESH, Int32(1), called: "PACKET_COPY_THRESH", interface: interface)
        try receiver.set(PACKET_IGNORE_OUTGOING, Int32(1), called: "PACKET_IGNORE_OUTGOING", interface: interface)
        receiver.setBuffer(SO_RCVBUF, forced: SO_RCVBUFFORCE, bytes: options.receiveQueueBytes)
        try queued.set(PACKET_VNET_HDR, Int32(1), called: "PACKET_VNET_HDR", interface: interface)
        if options.qdiscBypass {
            try direct.set(PACKET_QDISC_BYPASS, Int32(1), called: "PACKET_QDISC_BYPASS", interface: interface)
        }
        for sender in [direct, queued] {
            sender.setBuffer(SO_SNDBUF, forced: SO_SNDBUFFORCE, bytes: 16 << 20)
            try sender.bind(index: index, receiving: false, interface: interface)
        }
        if options.promiscuous {
            var membership = packet_mreq()
            membership.mr_ifindex = index
            membership.mr_type = UInt16(PACKET_MR_PROMISC)
            try receiver.set(
                PACKET_ADD_MEMBERSHIP, membership, called: "PACKET_MR_PROMISC", interface: interface)
        }
        // Two VLAN tags on top of the MTU's Ethernet frame.
        let stride =
            options.receiveSlotBytes != 0
            ? (options.receiveSlotBytes + 15) / 16 * 16
            : ReceiveRing.stride(frameBytes: min(Int(mtu), maximumSlotMTU) + 14 + 8)
        let ring = try ReceiveRing.map(
            on: receiver, slots: options.receiveSlots, stride: stride, interface: interface)
        let transmitRing: TransmitRing
        do throws(PortError) {
            transmitRing = try TransmitRing.map(
                on: direct, slots: options.transmitSlots, frameBytes: min(Int(mtu), maximumSlotMTU) + 14 + 4,
                interface: interface)
        } catch {
            ring.unmap()
            throw error
        }
        do throws(PortError) {
            try receiver.bind(index: index, receiving: true, interface: interface)
        } catch {
            ring.unmap()
            transmitRing.unmap()
            throw error
        }

        let messages = UnsafeMutablePointer<clinux_mmsghdr>.allocate(capacity: transmitBatch)
        let vectors = UnsafeMutablePointer<iovec>.allocate(capacity: transmitBatch)
        vectors.initialize(repeating: iovec(), count: transmitBatch)
        messages.initialize(repeating: clinux_mmsghdr(), count: transmitBatch)
        for i in 0..<transmitBatch {
            messages[i].msg_hdr.msg_iov = vectors + i
            messages[i].msg_hdr.msg_iovlen = 1
        }
        let state = UnsafeMutablePointer<State>.allocate(capacity: 1)
        let name = UnsafeMutablePointer<CChar>.allocate(capacity: Int(IFNAMSIZ))
        name.initialize(repeating: 0, count: Int(IFNAMSIZ))
        for (i, byte) in interface.utf8.prefix(Int(IFNAMSIZ) - 1).enumerated() { name[i] = CChar(bitPattern: byte) }
        let ringFrameLimit = UInt32(transmitRing.frameCapacity - 4)
        state.initialize(
            to: State(
                name: name, index: index, receiver: receiver, ringSender: direct, queuedSender: queued, ring: ring,
                large: .allocate(byteCount: options.largeFrames * largeStride, alignment: 64),
                largeCount: options.largeFrames, transmitRing: transmitRing,
                frameLimit: min(UInt32(mtu) + 14, ringFrameLimit), ringFrameLimit: ringFrameLimit, messages: messages,
                vectors: vectors))
        // Asking for the link state also has the kernel end what it still has to do for a new carrier. Until then a queued
        // frame vanishes in a discipline that says that it took it.
        _ = receiver.linkState()
        return AFPacketPort(state: state)
    }

    public func close() {
        state.pointee.ring.unmap()
        state.pointee.transmitRing.unmap()
        state.pointee.receiver.close()
        state.pointee.ringSender.close()
        state.pointee.queuedSender.close()
        state.pointee.large.deallocate()
        state.pointee.name.deallocate()
        state.pointee.messages.deallocate()
        state.pointee.vectors.deallocate()
        state.deallocate()
    }

    /// The name that the interface had when the port was opened.
    public var name: String { String(cString: state.pointee.name) }

    public var interfaceIndex: Int32 { state.pointee.index }

    public var descriptor: Int32 { state.pointee.receiver.descriptor }

    /// Asks the kernel: for the control side. Any thread.
    public var linkState: LinkState { state.pointee.receiver.linkState() }

    public func collectKernelDrops(_ drops: DropCounters) {
        let lost = state.pointee.receiver.takeDrops()
        if lost > 0 { drops.add(.rxRingFull, lost) }
    }

    /// When an interface goes down, its sockets report ENETDOWN until it is read; when it comes up again they receive
    /// again by themselves.
    public func handleError() {
        state.pointee.receiver.takeError()
    }
}
