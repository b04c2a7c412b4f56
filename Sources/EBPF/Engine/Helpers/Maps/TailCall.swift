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
        let state = call.state
        state.pointee.didTailCall = 0
        let address = map.pointee.object(at: call.u32(3))
        guard state.pointee.native.tailCalls < most, let frame = state.pointee.frame,
            let target = UnsafeMutablePointer<ProgramCore>(bitPattern: address),
            target.pointee.type == call.core.pointee.type
        else { return call[0] }
        let nested = NestedRun(target, frame, slot: state.pointee.slot)
        guard nested.hasRoom(below: state) else { return call[0] }
        state.pointee.native.tailCalls += 1
        let result = nested.run(for: state)
        if result.fault != .none { throw result.fault }
        state.pointee.didTailCall = 1
        return result.value
    }
}
