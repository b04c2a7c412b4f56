import PacketIO

/// What control knows of a port. Under the control lock, but for the record, which is the worker's while it is linked.
final class Port: @unchecked Sendable {
    let name: String
    let number: UInt8
    /// No other port had or gets it.
    let serial: UInt32
    let backend: PortBackend
    let record: WorkerPortPointer
    private(set) var io: PortIO?
    private(set) var ifindex: UInt32 = 0
    private(set) var state = PortState.absent
    var isAdminUp: Bool
    var failure: PortError?
    private var macAddress: [UInt8]?
    private var mtu: Int?
    /// In the order in which they run.
    private(set) var chain: [XDPAttachment] = []

    /// Without an interface; not linked.
    init(
        name: String, number: UInt8, serial: UInt32, backend: PortBackend, table: SwitchTablePointer, isAdminUp: Bool
    ) {
        self.name = name
        self.number = number
        self.serial = serial
        self.backend = backend
        self.isAdminUp = isAdminUp
        record = .allocate(capacity: 1)
        record.initialize(to: WorkerPort(table: table, number: number, serial: serial, isEnabled: isAdminUp))
    }

    deinit {
        record.pointee.counters.deallocate()
        free(record.pointee.chain)
        record.deallocate()
    }

    /// The record is to be told, too, when it is linked.
    func use(_ io: PortIO, ifindex: UInt32) {
        self.io = io
        self.ifindex = ifindex
        state = PortState(io.linkState)
        failure = nil
    }

    func describe(_ interface: Interface) {
        state = PortState(interface.linkState)
        macAddress = interface.address.count == 6 ? interface.address : nil
        mtu = interface.mtu
    }

    /// The worker must have let go of it.
    func close() {
        // A memory port belongs to whoever made it.
        if case .afPacket(let port)? = io { port.close() }
        io = nil
        state = .absent
        if backend.interface != nil { ifindex = 0 }
    }

    // MARK: XDP programs

    /// The worker's part of a chain, for the worker to take up; nil for an empty one.
    static func workerChain(_ chain: [XDPAttachment], isTimed: Bool) -> WorkerChainPointer? {
        guard !chain.isEmpty else { return nil }
        let made = WorkerChainPointer.allocate(capacity: 1)
        made.initialize(to: WorkerChain(chain, isTimed: isTimed))
        return made
    }

    /// The worker has taken up the new chain in place of `old`.
    func changed(to chain: [XDPAttachment], from old: WorkerChainPointer?) {
        self.chain = chain
        free(old)
    }

    private func free(_ chain: WorkerChainPointer?) {
        chain?.pointee.deallocate()
        chain?.deallocate()
    }

    /// - Parameter chain: what its XDP programs have counted.
    func info(_ counters: PortCounters, chain: [XDPAttachmentInfo] = []) -> PortInfo {
        PortInfo(
            name: name, number: number, backend: backend, interface: backend.interface, ifindex: ifindex, state: state,
            isAdminUp: isAdminUp, failure: failure, macAddress: macAddress, mtu: mtu, chain: chain,
            counters: counters)
    }
}

extension PortState {
    init(_ link: LinkState) {
        switch link {
        case .up: self = .up
        case .down: self = .down
        case .gone: self = .absent
        }
    }
}
