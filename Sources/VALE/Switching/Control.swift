import Maps
import PacketIO
import Synchronization

/// What the switches of a dataplane share: the worker, and the lock that orders every change.
final class Control: @unchecked Sendable {
    let thread: WorkerThread
    private let lock = Mutex(())
    /// Ports by the interface that they use or wait for. Under the lock.
    var claims: [String: Port] = [:]
    private var nextIfindex: UInt32 = 0x10000
    private var lastSerial: UInt32 = 0
    /// Set once, before anything else happens.
    var monitor: InterfaceMonitor?

    init(_ options: DataplaneOptions, _ domain: WorkerDomain) throws(SwitchError) {
        thread = try WorkerThread(options, domain)
    }

    func withLock<Result: Sendable, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try lock.withLock { (_: inout sending ()) throws(Failure) -> Result in try body() }
    }

    /// Of each port that is added: none has one twice. Under the lock.
    func assignSerial() -> UInt32 {
        lastSerial += 1
        return lastSerial
    }

    /// For a port that is no Linux interface. Under the lock.
    func assignIfindex() -> UInt32 {
        defer { nextIfindex += 1 }
        return nextIfindex
    }
}
