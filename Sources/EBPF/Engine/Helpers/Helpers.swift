import CLinux
import Maps

/// What the helpers do: arguments in r1 to r5, result in r0. Worker only.
enum Helpers {
    /// A helper's price in fuel: for the call, for the bytes that it hashes, compares or copies, for a line of text.
    private static let baseCost = 8
    private static let bytesPerCost = 8
    private static let traceCost = 2048

    /// The price of a call, which a back-edge's is too: instructions' worth of time.
    @inline(__always)
    static func cost(_ helper: Helper, keySize: Int, valueSize: Int, slots: Int) -> Int {
        switch helper {
        case .mapLookupElem, .mapDeleteElem: baseCost &+ keySize / bytesPerCost
        // A per-CPU insert zeroes the value of every slot.
        case .mapUpdateElem: baseCost &+ (keySize &+ valueSize &* slots) / bytesPerCost
        case .tracePrintk: traceCost
        case .ktimeGetNs, .getPrandomU32, .getSmpProcessorID: baseCost
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
    static func call<Policy: InterpreterPolicy>(
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
            !Policy.checksAccesses || core.pointee.regions[map - core.pointee.maps].writable
        }

        switch helper {
        case .mapLookupElem:
            guard let map = map(r[1]) else { return fail(state, .badCall) }
            guard let key = readable(r[2], map.pointee.keySize) else { return fail(state, .badAccess) }
            state.pointee.helperCost = cost(helper, map)
            let value = map.lookup(key, slot: state.pointee.slot)
            if Policy.checksAccesses, let value {
                let start = UInt(bitPattern: value)
                let region = core.pointee.regions[map - core.pointee.maps]
                if region.readable {
                    Memory.grant(
                        state, Grant(start: start, end: start + region.valueSize, writable: region.writable))
                }
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
        case .tracePrintk:
            let length = Int(truncatingIfNeeded: UInt32(truncatingIfNeeded: r[2]))
            guard let format = readable(r[1], length) else { return fail(state, .badAccess) }
            state.pointee.helperCost = Helpers.cost(helper, keySize: 0, valueSize: 0, slots: 0)
            r[0] = UInt64(bitPattern: trace(core, state, UnsafeRawBufferPointer(start: format, count: length)))
        case .getPrandomU32:
            r[0] = random(state)
        case .getSmpProcessorID:
            r[0] = UInt64(state.pointee.slot)
        }
        return true
    }

    @inline(__always)
    private static func fail(_ state: UnsafeMutablePointer<RunState>, _ fault: Fault) -> Bool {
        state.pointee.helperFault = fault
        return false
    }

    @inline(__always)
    private static func checkedMap(
        _ value: UInt64, _ core: UnsafePointer<ProgramCore>
    ) -> UnsafeMutablePointer<MapCore>? {
        let offset = Int(bitPattern: UInt(value) &- UInt(bitPattern: core.pointee.maps))
        let stride = MemoryLayout<MapCore>.stride
        guard offset >= 0, offset < core.pointee.mapCount * stride, offset % stride == 0 else { return nil }
        return core.pointee.maps + offset / stride
    }

    @inline(__always)
    private static func checkedReadable(
        _ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>, _ address: UInt64, _ size: Int
    ) -> UnsafeRawPointer? {
        guard Memory.isReadable(core, state, address, size) else { return nil }
        return UnsafeRawPointer(bitPattern: UInt(address))
    }

    /// Slow on purpose: text is for debugging.
    @inline(never)
    private static func trace(
        _ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>, _ format: UnsafeRawBufferPointer
    ) -> Int64 {
        let r = state.pointee.registers
        guard format.count <= TraceFormat.maxLength else { return -22 }
        let text = TraceFormat.render(format, arguments: (r[3], r[4], r[5])) { address, limit in
            var bytes: [UInt8] = []
            while bytes.count < limit {
                // `%s` takes any number for an address: checked always, as Linux does.
                guard let byte = checkedReadable(core, state, address &+ UInt64(bytes.count), 1) else { return nil }
                let value = byte.load(as: UInt8.self)
                if value == 0 { break }
                bytes.append(value)
            }
            return bytes
        }
        guard let text else { return -22 }
        core.pointee.trace.takeUnretainedValue().append(text, slot: state.pointee.slot)
        return Int64(text.utf8.count)
    }
}

extension Helper {
    /// The helper of this number, without the search that `init(rawValue:)` may do.
    @inline(__always)
    init?(number: UInt32) {
        switch number {
        case 1: self = .mapLookupElem
        case 2: self = .mapUpdateElem
        case 3: self = .mapDeleteElem
        case 5: self = .ktimeGetNs
        case 6: self = .tracePrintk
        case 7: self = .getPrandomU32
        case 8: self = .getSmpProcessorID
        default: return nil
        }
    }
}
