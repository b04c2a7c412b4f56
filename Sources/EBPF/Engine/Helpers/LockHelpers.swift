import Maps

/// `bpf_spin_lock` and `bpf_spin_unlock`: they keep workers out of each other's way.
enum LockHelpers {
    static let entries = [
        HelperEntry(.spinLock, arguments: 1, lock),
        HelperEntry(.spinUnlock, arguments: 1, unlock),
    ]

    /// `bpf_spin_lock(lock)`. One at a time: a program that takes another could wait for itself.
    private static func lock(_ call: HelperCall) throws(Fault) -> UInt64 {
        _ = try call.writable(1, bytes: 4)
        guard call.state.pointee.native.heldLock == 0 else { throw .badCall }
        let lock = ValueLocks.lock(at: UInt(call[1]))
        ValueLocks.acquire(lock)
        call.state.pointee.native.heldLock = UInt(bitPattern: lock)
        return 0
    }

    /// `bpf_spin_unlock(lock)`
    private static func unlock(_ call: HelperCall) throws(Fault) -> UInt64 {
        let lock = ValueLocks.lock(at: UInt(call[1]))
        guard call.state.pointee.native.heldLock == UInt(bitPattern: lock) else { throw .badCall }
        call.state.pointee.releaseLock()
        return 0
    }
}

extension RunState {
    /// Gives back the lock that a run ended with, if it did.
    mutating func releaseLock() {
        guard let lock = UnsafeMutableRawPointer(bitPattern: native.heldLock) else { return }
        native.heldLock = 0
        ValueLocks.release(lock)
    }
}
