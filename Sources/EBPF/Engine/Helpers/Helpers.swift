import CLinux
import Maps

/// What the helpers do: arguments in r1 to r5, result in r0. Worker only.
enum Helpers {
    /// A helper's price in fuel: for the call, and for the bytes that it hashes, compares or copies.
    static let baseCost = 8
    static let bytesPerCost = 8

    /// What `call` does itself.
    static let direct: [HelperEntry] = [
        HelperEntry(.mapLookupElem, arguments: 2),
        HelperEntry(.mapUpdateElem, arguments: 4),
        HelperEntry(.mapDeleteElem, arguments: 2),
        HelperEntry(.ktimeGetNs, arguments: 0),
        HelperEntry(.getPrandomU32, arguments: 0),
        HelperEntry(.getSmpProcessorID, arguments: 0),
    ]

    /// The price of a call, which a back-edge's is too: instructions' worth of time. The most where the call tells it.
    @inline(__always)
    static func cost(_ helper: Helper, keySize: Int, valueSize: Int, slots: Int) -> Int {
        switch helper {
        case .mapLookupElem, .mapDeleteElem: baseCost &+ keySize / bytesPerCost
        // A per-CPU insert zeroes the value of every slot.
        case .mapUpdateElem: baseCost &+ (keySize &+ valueSize &* slots) / bytesPerCost
        case .ktimeGetNs, .getPrandomU32, .getSmpProcessorID: baseCost
        default: helper.entry?.most ?? baseCost
        }
    }

    /// xorshift64*, of which the upper half is the better one.
    @inline(__always)
    static func random(_ state: UnsafeMutablePointer<RunState>) -> UInt64 {
        var x = state.pointee.random
        x ^= x >> 12
        x ^= x << 25
        x ^= x >> 27
        state.pointee.random = x
        return (x &* 0x2545_F491_4F6C_DD1D) >> 32
    }

    /// False when the call is a fault, which is then in `state.helperFault`. Its price is in `state.helperCost`.
    @inline(__always)
    static func call<Policy: HelperPolicy>(
        _ number: UInt32, _ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>,
        policy: Policy
    ) -> Bool {
        guard let helper = Helper(number: number) else { return fail(state, .badCall) }
        let r = state.pointee.registers
        state.pointee.helperCost = baseCost

        /// A map argument: a program's map pointer is the address of its element in `core.maps`.
        @inline(__always)
        func map(_ value: UInt64) -> UnsafeMutablePointer<MapCore>? {
            Policy.checksAccesses
                ? checkedMap(value, core) : UnsafeMutablePointer(bitPattern: UInt(value)).unsafelyUnwrapped
        }
        @inline(__always)
        func cost(_ helper: Helper, _ map: UnsafeMutablePointer<MapCore>) -> Int {
            Helpers.cost(
                helper, keySize: map.pointee.keySize, valueSize: map.pointee.valueSize, slots: core.pointee.slots)
        }
        /// A memory argument.
        @inline(__always)
        func readable(_ address: UInt64, _ size: Int) -> UnsafeRawPointer? {
            Policy.checksAccesses
                ? checkedReadable(core, state, address, size)
                : UnsafeRawPointer(bitPattern: UInt(address)).unsafelyUnwrapped
        }
        @inline(__always)
        func isWritable(_ map: UnsafeMutablePointer<MapCore>) -> Bool {
            !Policy.checksAccesses || !map.pointee.flags.contains(.readOnlyProgram)
        }

        switch helper {
        case .mapLookupElem:
            guard let map = map(r[1]) else { return fail(state, .badCall) }
            guard let key = readable(r[2], map.pointee.keySize) else { return fail(state, .badAccess) }
            state.pointee.helperCost = cost(helper, map)
            let value = map.lookup(key, slot: state.pointee.slot)
            if Policy.checksAccesses, let value {
                Memory.grant(state, map.pointee, value)
            }
            r[0] = UInt64(UInt(bitPattern: value))
        case .mapUpdateElem:
            guard let map = map(r[1]) else { return fail(state, .badCall) }
            guard isWritable(map), let key = readable(r[2], map.pointee.keySize),
                let value = readable(r[3], map.pointee.valueSize)
            else { return fail(state, .badAccess) }
            state.pointee.helperCost = cost(helper, map)
            r[0] = UInt64(bitPattern: map.update(key, value, flags: r[4], slot: state.pointee.slot))
        case .mapDeleteElem:
            guard let map = map(r[1]) else { return fail(state, .badCall) }
            guard isWritable(map), let key = readable(r[2], map.pointee.keySize) else {
                return fail(state, .badAccess)
            }
            state.pointee.helperCost = cost(helper, map)
            r[0] = UInt64(bitPattern: map.delete(key, slot: state.pointee.slot))
        case .ktimeGetNs:
            r[0] = clinux_monotonic_ns()
        case .getPrandomU32:
            r[0] = random(state)
        case .getSmpProcessorID:
            r[0] = UInt64(state.pointee.slot)
        default: return callEntry(helper, core, state, policy)
        }
        return true
    }

    /// Calls what is called seldom, or does more than a call costs.
    @inline(never)
    private static func callEntry(
        _ helper: Helper, _ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>,
        _ policy: any HelperPolicy
    ) -> Bool {
        guard let entry = helper.entry, let body = entry.body else { return fail(state, .badCall) }
        if case .fixed(let cost) = entry.price { state.pointee.helperCost = cost }
        do throws(Fault) {
            let call = HelperCall(
                core: core, state: state, checksAccesses: type(of: policy).checksAccesses, policy: policy)
            let result = try body(call)
            state.pointee.registers[0] = result
            return true
        } catch {
            return fail(state, error)
        }
    }

    @inline(__always)
    private static func fail(_ state: UnsafeMutablePointer<RunState>, _ fault: Fault) -> Bool {
        state.pointee.helperFault = fault
        return false
    }

    @inline(__always)
    static func checkedMap(
        _ value: UInt64, _ core: UnsafePointer<ProgramCore>
    ) -> UnsafeMutablePointer<MapCore>? {
        let offset = Int(bitPattern: UInt(value) &- UInt(bitPattern: core.pointee.maps))
        let stride = MemoryLayout<MapCore>.stride
        guard offset >= 0, offset < core.pointee.mapCount * stride, offset % stride == 0 else {
            return checkedInnerMap(UInt(value), core)
        }
        return core.pointee.maps + offset / stride
    }

    /// A map that the program found in a map of maps.
    @inline(never)
    private static func checkedInnerMap(
        _ address: UInt, _ core: UnsafePointer<ProgramCore>
    ) -> UnsafeMutablePointer<MapCore>? {
        for index in 0..<core.pointee.mapCount where core.pointee.maps[index].holdsMap(address) {
            return UnsafeMutablePointer(bitPattern: address)
        }
        return nil
    }

    @inline(__always)
    private static func checkedReadable(
        _ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>, _ address: UInt64, _ size: Int
    ) -> UnsafeRawPointer? {
        guard Memory.isReadable(core, state, address, size) else { return nil }
        return UnsafeRawPointer(bitPattern: UInt(address))
    }
}
