import PacketIO

/// What control knows of a port. Under the control lock, but for the record, which is the worker's while it is linked.
final class Port: @unchecked Sendable {
    let name: String
    let number: UInt8
    let backend: PortBackend
    let record: WorkerPortPointer
    var io: PortIO?
    var ifindex: UInt32
    var state: PortState
    var isAdminUp: Bool
    var macAddress: [UInt8]?
    var mtu: Int?

    init(
        name: String, number: UInt8, backend: PortBackend, table: SwitchTablePointer, io: PortIO?, ifindex: UInt32,
        isAdminUp: Bool
    ) {
        self.name = name
        self.number = number
        self.backend = backend
        self.io = io
        self.ifindex = ifindex
        self.isAdminUp = isAdminUp
        state = io.map { PortState($0.linkState) } ?? .absent
        record = .allocate(capacity: 1)
        record.initialize(
            to: WorkerPort(io: io, table: table, number: number, ifindex: ifindex, isLinkUp: state == .up))
        record.pointee.isEnabled = isAdminUp
    }

    deinit {
        record.pointee.counters.deallocate()
        record.deallocate()
    }

    func info(_ counters: PortCounters) -> PortInfo {
        PortInfo(
            name: name, number: number, backend: backend, interface: backend.interface, ifindex: ifindex, state: state,
            isAdminUp: isAdminUp, macAddress: macAddress, mtu: mtu, counters: counters)
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
