import Maps
import Object

/// `bpf_tail_call`: a run goes on with another program, and ends where that one ends.
///
/// The other program runs on its own state, nested in the helper's call: the same frame, what is left of the fuel, and on
/// the stack below whoever called the subprogram that goes on. Its result is that of the program, or of the subprogram. A
/// run of faults is the first program's.
enum TailCall {
    static let entries = [HelperEntry(.tailCall, arguments: 3, price: .told(most: .max / 4), tailCall)]

    /// `MAX_TAIL_CALL_CNT`, <linux/bpf.h>: of one run.
    static let most = 33

    /// `bpf_tail_call(ctx, map, index)`: returns where there is no such program, or there were too many tail calls.
    private static func tailCall(_ call: HelperCall) throws(Fault) -> UInt64 {
        let map = try call.map(2)
        guard map.pointee.type == .progArray else { throw .badCall }
        guard let result = goOn(call.core, call.state, map, index: call.u32(3)) else { return call[0] }
        if result.fault != .none { throw result.fault }
        return result.value
    }

    /// The same as native code calls it, with r1 to r3, the program and its state as C's arguments. False when the call is a
    /// fault, which is then in `state.helperFault`; the result is in `state.registers`.
    static let native: @convention(c) (UInt64, UInt64, UInt64, UnsafeRawPointer, UnsafeMutableRawPointer) -> Bool = {
        _, map, index, core, state in
        let state = state.assumingMemoryBound(to: RunState.self)
        state.pointee.helperCost = Helpers.baseCost
        guard let map = UnsafeMutablePointer<MapCore>(bitPattern: UInt(map)), map.pointee.type == .progArray else {
            state.pointee.helperFault = .badCall
            return false
        }
        let core = core.assumingMemoryBound(to: ProgramCore.self)
        guard let result = goOn(core, state, map, index: UInt32(truncatingIfNeeded: index)) else { return true }
        state.pointee.helperFault = result.fault
        state.pointee.registers[0] = result.value
        return result.fault == .none
    }

    /// How the program ended with which the run went on; nil where it did not.
    @inline(__always)
    private static func goOn(
        _ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>,
        _ map: UnsafeMutablePointer<MapCore>, index: UInt32
    ) -> RunResult? {
        state.pointee.didTailCall = 0
        let address = map.pointee.object(at: index)
        guard state.pointee.native.tailCalls < most, let frame = state.pointee.frame,
            let target = UnsafeMutablePointer<ProgramCore>(bitPattern: address),
            target.pointee.type == core.pointee.type
        else { return nil }
        let nested = NestedRun(target, frame, slot: state.pointee.slot)
        guard nested.hasRoom(below: state) else { return nil }
        state.pointee.native.tailCalls += 1
        let result = nested.run(for: state)
        if result.fault == .none { state.pointee.didTailCall = 1 }
        return result
    }
}
