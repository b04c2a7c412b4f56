import Maps
import Object

/// The checks of accesses that are neither in the current stack frames nor in the packet, and of helper arguments.
enum Memory {
    /// What a far load finds.
    enum FarLoad {
        case none
        /// The address may be read as it is.
        case memory
        /// A 32-bit field of `xdp_md` that yields a pointer.
        case pointer(UInt64)
    }

    @inline(never)
    static func far(
        _ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>, _ address: UInt64, _ size: UInt
    ) -> FarLoad {
        let context = UInt(bitPattern: state.pointee.context)
        let offset = UInt(address) &- context
        switch core.pointee.type {
        case .vale where offset <= UInt(ValeContext.size) - size && offset < UInt(ValeContext.size):
            return .memory
        case .xdp where offset < UInt(XDPContext.size):
            guard offset % size == 0 else { return .none }
            guard offset < UInt(XDPContext.ingressIfindex) else { return .memory }
            guard size == 4 else { return .none }
            switch Int(offset) {
            case XDPContext.data: return .pointer(UInt64(state.pointee.packetStart))
            case XDPContext.dataEnd: return .pointer(UInt64(state.pointee.packetEnd))
            default: return .pointer(UInt64(state.pointee.packetMeta))
            }
        default:
            return isInValue(core, state, address, size, writing: false) ? .memory : .none
        }
    }

    @inline(never)
    static func isWritableFar(
        _ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>, _ address: UInt64, _ size: UInt
    ) -> Bool {
        if core.pointee.type == .vale, size == 1,
            UInt(address) &- UInt(bitPattern: state.pointee.context) == UInt(ValeContext.ring)
        {
            return true
        }
        return isInValue(core, state, address, size, writing: true)
    }

    /// Whether a helper may write `size` bytes at `address`: stack, packet or a map value.
    static func isWritable(
        _ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>, _ address: UInt64, _ size: Int
    ) -> Bool {
        isOfRun(state, UInt(address), UInt(size)) || isInValue(core, state, address, UInt(size), writing: true)
    }

    /// Whether a helper may read `size` bytes at `address`: stack, packet or a map value.
    static func isReadable(
        _ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>, _ address: UInt64, _ size: Int
    ) -> Bool {
        isOfRun(state, UInt(address), UInt(size)) || isInValue(core, state, address, UInt(size), writing: false)
    }

    /// Whether it is in the stack, the packet or the metadata in front of it.
    private static func isOfRun(_ state: UnsafeMutablePointer<RunState>, _ address: UInt, _ size: UInt) -> Bool {
        let stack = UInt(bitPattern: state.pointee.stack)
        return isWithin(address, size, stack, stack + UInt(RunState.stackBytes * state.pointee.stackFrames))
            || isWithin(address, size, state.pointee.packetMeta, state.pointee.packetEnd)
    }

    @inline(__always)
    private static func isWithin(_ address: UInt, _ size: UInt, _ start: UInt, _ end: UInt) -> Bool {
        address >= start && address <= end && size <= end - address
    }

    private static func isInValue(
        _ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>, _ address: UInt64, _ size: UInt,
        writing: Bool
    ) -> Bool {
        let a = UInt(address)
        let grants = state.pointee.grants
        if isWithin(a, size, grants.0.start, grants.0.end), !writing || grants.0.writable { return true }
        if isWithin(a, size, grants.1.start, grants.1.end), !writing || grants.1.writable { return true }
        let key = state.pointee.callbackKey
        if !writing, isWithin(a, size, key.start, key.end) { return true }
        for index in 0..<core.pointee.mapCount {
            let region = core.pointee.regions[index]
            guard isWithin(a, size, region.start, region.end) else { continue }
            guard writing ? region.writable : region.readable else { return false }
            guard let pointer = UnsafeRawPointer(bitPattern: a),
                let value = core.pointee.maps[index].valueStart(pointer, bytes: Int(size))
            else { return false }
            let start = UInt(bitPattern: value)
            grant(state, Grant(start: start, end: start + region.valueSize, writable: region.writable))
            return true
        }
        return state.pointee.reservations.contains(a, size)
            || isReferenced(core, state, a, Int(size), writing: writing)
    }

    /// Whether it is in what a map's element leads to: a value of a map in a map, a redirect target.
    private static func isReferenced(
        _ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>, _ address: UInt, _ size: Int,
        writing: Bool
    ) -> Bool {
        guard let pointer = UnsafeRawPointer(bitPattern: address) else { return false }
        for index in 0..<core.pointee.mapCount where core.pointee.maps[index].type.holdsReferences {
            guard let value = core.pointee.maps[index].referencedValue(pointer, bytes: size) else { continue }
            guard writing ? value.isWritable : value.isReadable else { return false }
            grant(
                state,
                Grant(start: value.start, end: value.start + UInt(value.bytes), writable: value.isWritable))
            return true
        }
        return false
    }

    /// What a lookup found may be used.
    @inline(__always)
    static func grant(
        _ state: UnsafeMutablePointer<RunState>, _ map: MapCore, _ value: UnsafeMutableRawPointer
    ) {
        guard !map.type.holdsMaps, !map.flags.contains(.writeOnlyProgram) else { return }
        let start = UInt(bitPattern: value)
        grant(
            state,
            Grant(
                start: start, end: start + UInt(map.valueSize),
                writable: !map.flags.contains(.readOnlyProgram) && !map.type.holdsRedirectTargets))
    }

    @inline(__always)
    static func grant(_ state: UnsafeMutablePointer<RunState>, _ grant: Grant) {
        state.pointee.grants.1 = state.pointee.grants.0
        state.pointee.grants.0 = grant
    }
}
