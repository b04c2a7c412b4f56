/// How an AF_PACKET port is set up.
public struct AFPacketOptions: Hashable, Sendable {
    /// Slots of the RX ring. 4096 hold what comes in 8 ms at 0.5 million frames a second: about as long as a worker may
    /// wait for its CPU on a busy machine. Memory: 8 MB at an MTU of 1500.
    public var receiveSlots: Int
    /// Bytes of a slot; 0 = what the interface's MTU needs. A longer frame (GSO) comes through the socket's queue.
    public var receiveSlotBytes: Int
    /// Slots of the TX ring.
    public var transmitSlots: Int
    /// Frames that don't fit a slot and are held in one burst, each of up to 64 KiB.
    public var largeFrames: Int
    /// Bytes of frames that wait in the socket's queue because they don't fit a slot (SO_RCVBUF).
    public var receiveQueueBytes: Int
    /// Receive frames for other hosts' addresses too (PACKET_MR_PROMISC).
    public var promiscuous: Bool
    /// Send frames without GSO past the queueing discipline (PACKET_QDISC_BYPASS).
    public var qdiscBypass: Bool

    public init(
        receiveSlots: Int = 4096, receiveSlotBytes: Int = 0, transmitSlots: Int = 512, largeFrames: Int = 64,
        receiveQueueBytes: Int = 32 << 20, promiscuous: Bool = true, qdiscBypass: Bool = true
    ) {
        self.receiveSlots = receiveSlots
        self.receiveSlotBytes = receiveSlotBytes
        self.transmitSlots = transmitSlots
        self.largeFrames = largeFrames
        self.receiveQueueBytes = receiveQueueBytes
        self.promiscuous = promiscuous
        self.qdiscBypass = qdiscBypass
    }
}
