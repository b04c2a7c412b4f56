import Engine
import PacketIO

/// Bursts that a port which goes away may still bring: more than any ring holds.
private let drainLimit = 4096

/// What commands do. Worker only, between two bursts.
extension Worker {
    mutating func link(_ table: SwitchTablePointer) {
        precondition(tableCount < Self.maximumSwitches)
        tables[tableCount] = table
        tableCount += 1
    }

    mutating func unlink(_ table: SwitchTablePointer) {
        guard let index = (0..<tableCount).first(where: { tables[$0] == table }) else { return }
        for i in index..<tableCount - 1 { tables[i] = tables[i + 1] }
        tableCount -= 1
    }

    func link(_ port: WorkerPortPointer) {
        port.pointee.table.pointee.insert(port)
    }

    /// Forwards what the port still holds, and lets go of it.
    mutating func unlink(_ port: WorkerPortPointer) {
        detach(port)
        port.pointee.table.pointee.remove(port)
    }

    /// Gives the port another interface to work with, or the same one again.
    mutating func attach(_ io: PortIO, ifindex: UInt32, isLinkUp: Bool, to port: WorkerPortPointer) {
        detach(port)
        port.pointee.io = io
        port.pointee.ifindex = ifindex
        port.pointee.isLinkUp = isLinkUp
        port.pointee.falseWakes = 0
        arm(port)
        port.pointee.table.pointee.rebuild()
    }

    /// Forwards what the port still holds, and lets go of its interface.
    mutating func detach(_ port: WorkerPortPointer) {
        guard let io = port.pointee.io else { return }
        var bursts = 0
        while burst.forward(from: port) > 0 && bursts < drainLimit { bursts += 1 }
        io.collectKernelDrops(port.pointee.counters.drops)
        disarm(port)
        port.pointee.io = nil
        port.pointee.table.pointee.rebuild()
    }
}
