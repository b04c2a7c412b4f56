import PacketIO

/// What the worker holds of a port. Control makes and frees it; between `link` and `unlink` the worker alone touches it.
struct WorkerPort {
    /// nil while the interface is absent.
    var io: PortIO?
    let counters: CounterBlock
    let table: UnsafeMutablePointer<SwitchTable>
    let number: UInt8
    let serial: UInt32
    var ifindex: UInt32 = 0
    /// Its XDP programs; nil where it has none.
    var chain: WorkerChainPointer?
    /// Administratively up.
    var isEnabled: Bool
    /// The interface is there and up.
    var isLinkUp = false

    /// The descriptor is watched by epoll.
    var isArmed = false
    /// Its descriptor is not watched until the next tick.
    var isResting = false
    /// Wakes in a row that brought nothing.
    var falseWakes = 0

    /// Without an interface.
    init(table: UnsafeMutablePointer<SwitchTable>, number: UInt8, serial: UInt32, isEnabled: Bool) {
        self.table = table
        self.number = number
        self.serial = serial
        self.isEnabled = isEnabled
        counters = .allocate()
    }

    /// Whether broadcasts go there. What could only become a drop at the egress is not generated.
    var isFloodTarget: Bool { isEnabled && isLinkUp && io != nil }
}

typealias WorkerPortPointer = UnsafeMutablePointer<WorkerPort>
