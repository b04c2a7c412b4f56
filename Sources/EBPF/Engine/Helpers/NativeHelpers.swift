import CLinux
import Maps

/// The helpers as native code calls them: r1 to r5 and the state as C's arguments, r0 as the result.
///
/// For verified programs: nothing is checked. Worker only.
enum NativeHelpers {
    typealias Entry =
        @convention(c) (UInt64, UInt64, UInt64, UInt64, UInt64, UnsafeMutableRawPointer) -> UInt64

    /// Nil for helpers that are called by `call`.
    static func entry(_ helper: Helper) -> Entry? {
        switch helper {
        case .mapLookupElem: lookup
        case .mapUpdateElem: update
        case .mapDeleteElem: delete
        case .ktimeGetNs: time
        case .getPrandomU32: random
        default: nil
        }
    }

    private static let lookup: Entry = { map, key, _, _, _, state in
        UInt64(UInt(bitPattern: core(map).lookup(pointer(key), slot: run(state).pointee.slot)))
    }

    private static let update: Entry = { map, key, value, flags, _, state in
        let slot = run(state).pointee.slot
        return UInt64(bitPattern: core(map).update(pointer(key), pointer(value), flags: flags, slot: slot))
    }

    private static let delete: Entry = { map, key, _, _, _, state in
        UInt64(bitPattern: core(map).delete(pointer(key), slot: run(state).pointee.slot))
    }

    private static let time: Entry = { _, _, _, _, _, _ in clinux_monotonic_ns() }

    private static let random: Entry = { _, _, _, _, _, state in Helpers.random(run(state)) }

    /// Calls any helper by its number: arguments and result in `state.registers`, as the interpreter has them. False
    /// when the call is a fault.
    static let call: @convention(c) (UInt32, UnsafeRawPointer, UnsafeMutableRawPointer) -> Bool = {
        number, core, state in
        NativeExecution().callHelper(number, core.assumingMemoryBound(to: ProgramCore.self), run(state))
    }

    @inline(__always)
    private static func run(_ state: UnsafeMutableRawPointer) -> UnsafeMutablePointer<RunState> {
        state.assumingMemoryBound(to: RunState.self)
    }
    @inline(__always)
    private static func core(_ value: UInt64) -> UnsafeMutablePointer<MapCore> {
        UnsafeMutablePointer(bitPattern: UInt(value)).unsafelyUnwrapped
    }
    @inline(__always)
    private static func pointer(_ value: UInt64) -> UnsafeRawPointer {
        UnsafeRawPointer(bitPattern: UInt(value)).unsafelyUnwrapped
    }
}

/// What helpers ask of native code, which has been verified or runs unchecked.
struct NativeExecution: HelperPolicy {
    @inline(__always)
    static var checksAccesses: Bool { false }

    @inline(never)
    func callHelper(
        _ number: UInt32, _ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>
    ) -> Bool {
        Helpers.call(number, core, state, policy: self)
    }

    func callBack(
        _ entry: Int, _ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>
    ) -> Fault {
        guard let callback = core.pointee.nativeCallback else { return .badCall }
        return callback(state, entry) ? .none : state.pointee.helperFault
    }
}
