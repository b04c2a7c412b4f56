import Maps
import Object

/// One call of a helper: its arguments, and the memory that they lead to. Worker only, valid during the call.
///
/// In a verified program everything is as the verifier saw it; in others each access is checked, and what is wrong is
/// thrown as the run's fault.
struct HelperCall {
    let core: UnsafePointer<ProgramCore>
    let state: UnsafeMutablePointer<RunState>
    let checksAccesses: Bool
    let policy: any HelperPolicy

    /// r1 to r5, by number.
    @inline(__always)
    subscript(_ number: Int) -> UInt64 { state.pointee.registers[number] }

    /// The lower half of an argument, as C passes an `int` or `u32`.
    @inline(__always)
    func int(_ number: Int) -> Int { Int(Int32(truncatingIfNeeded: self[number])) }
    @inline(__always)
    func u32(_ number: Int) -> UInt32 { UInt32(truncatingIfNeeded: self[number]) }

    /// A negative errno as a helper's result.
    @inline(__always)
    static func error(_ errno: Int32) -> UInt64 { UInt64(bitPattern: Int64(-errno)) }

    /// Adds what the helper copies, hashes or compares to its price.
    @inline(__always)
    func charge(bytes: Int) { state.pointee.helperCost &+= bytes / Helpers.bytesPerCost }

    /// A map argument.
    /// - Parameter writing: the helper changes the map.
    func map(_ number: Int, writing: Bool = false) throws(Fault) -> UnsafeMutablePointer<MapCore> {
        let map =
            checksAccesses
            ? Helpers.checkedMap(self[number], core) : UnsafeMutablePointer(bitPattern: UInt(self[number]))
        guard let map else { throw .badCall }
        if checksAccesses, writing, map.pointee.flags.contains(.readOnlyProgram) { throw .badAccess }
        return map
    }

    /// Memory that the helper reads; nil for NULL with no bytes.
    func readable(_ number: Int, bytes: Int) throws(Fault) -> UnsafeRawBufferPointer {
        if checksAccesses {
            guard bytes >= 0, bytes == 0 || Memory.isReadable(core, state, self[number], bytes) else {
                throw .badAccess
            }
        }
        return UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: UInt(self[number])), count: bytes)
    }

    /// Memory that the helper writes.
    func writable(_ number: Int, bytes: Int) throws(Fault) -> UnsafeMutableRawBufferPointer {
        if checksAccesses {
            guard bytes >= 0, bytes == 0 || Memory.isWritable(core, state, self[number], bytes) else {
                throw .badAccess
            }
        }
        return UnsafeMutableRawBufferPointer(
            start: UnsafeMutableRawPointer(bitPattern: UInt(self[number])), count: bytes)
    }

    /// The frame of the run, where r1 is the context of an XDP program.
    func frame() throws(Fault) -> UnsafeMutablePointer<FrameContext> {
        if checksAccesses {
            guard core.pointee.type == .xdp, self[1] == UInt64(UInt(bitPattern: state.pointee.context)) else {
                throw .badAccess
            }
        }
        return try currentFrame()
    }

    /// The frame of the run.
    func currentFrame() throws(Fault) -> UnsafeMutablePointer<FrameContext> {
        guard let frame = state.pointee.frame else { throw .badCall }
        return frame
    }
}
