import Maps
import Object

@testable import Engine

/// Where what a program touches lies in the harness: state, packets, maps.
struct ARM64Space {
    private(set) var addresses = NativeAddresses()
    private var next = ARM64Batch.memory
    private var starts: [(here: UInt, there: UInt)] = []

    /// A place for so many bytes, with the lower 16 bits of an address.
    mutating func reserve(_ bytes: Int, like address: UInt = 0) -> UInt {
        let address = next + (address &- next) & 0xFFFF
        next = (address + UInt(bytes) + 63) & ~63
        precondition(next < ARM64Batch.memory + UInt(ARM64Batch.memoryBytes))
        return address
    }

    mutating func place(_ start: UnsafeRawPointer, _ bytes: Int) {
        let here = UInt(bitPattern: start)
        let there = reserve(bytes, like: here)
        addresses.move(here, bytes: bytes, to: there)
        starts.append((here, there))
    }

    /// Whether a byte is one of an address, above its lower 16 bits, and the other that of the same address there.
    func isByteOfAddress(_ index: Int, _ byte: UInt8, there other: UInt8) -> Bool {
        func byteOf(_ address: UInt) -> UInt8 { UInt8(truncatingIfNeeded: address >> UInt(index * 8)) }
        guard index >= 2 else { return false }
        return starts.contains { here, there in
            // What lies 64 KiB behind a place is still near it.
            [UInt(0), 0x1_0000].contains { byteOf(here + $0) == byte && byteOf(there + $0) == other }
        }
    }

    /// The address there of what has one here.
    func callAsFunction(_ pointer: UnsafeRawPointer) -> UInt { addresses(UInt(bitPattern: pointer)) }

    func pointer(_ pointer: UnsafeRawPointer) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer(bitPattern: self(pointer))!
    }

    func pointer<T>(_ pointer: UnsafeMutablePointer<T>) -> UnsafeMutablePointer<T> {
        UnsafeMutablePointer(bitPattern: self(pointer))!
    }

    /// Gives the program's structures places, and its helpers' and maps' functions the harness's stubs. The numbers by
    /// which the harness knows each map.
    mutating func place(
        _ core: UnsafeMutablePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>,
        _ maps: [RecordedHelpers.StubMap]
    ) -> [[UInt64]] {
        place(core, MemoryLayout<ProgramCore>.size)
        place(core.pointee.maps, max(maps.count, 1) * MemoryLayout<MapCore>.stride)
        place(state, MemoryLayout<RunState>.size)
        place(state.pointee.registers, 11 * 8)
        place(state.pointee.stack, RunState.stackBytes * RunState.maxFrames)
        place(state.pointee.context, XDPContext.bytesWithPointers)
        place(state.pointee.faults, Fault.allCases.count * 8)
        for map in maps { place(map.values, map.bytes(slots: core.pointee.slots)) }

        move(NativeHelpers.call, to: .call)
        let stubs: [(Helper, ARM64Batch.Stub)] = [
            (.mapLookupElem, .lookup), (.mapUpdateElem, .update), (.mapDeleteElem, .delete), (.ktimeGetNs, .time),
            (.getPrandomU32, .random),
        ]
        for (helper, stub) in stubs { if let entry = NativeHelpers.entry(helper) { move(entry, to: stub) } }
        return maps.enumerated().map { index, map in
            let functions = core.pointee.maps[index].functions
            move(functions.lookup, to: .mapLookup)
            move(functions.update, to: .mapUpdate)
            move(functions.delete, to: .mapDelete)
            // What a map gives its functions may lie among its values.
            if self(functions.map) == UInt(bitPattern: functions.map) { place(functions.map, 1) }
            return [
                self(functions.map), self(core.pointee.maps + index), map.isArray ? 1 : 0, UInt(map.keySize),
                UInt(map.valueSize), UInt(map.stride), UInt(map.entries), UInt(map.workerStride), self(map.values),
            ].map(UInt64.init)
        }
    }

    private mutating func move<Function>(_ function: Function, to stub: ARM64Batch.Stub) {
        addresses.move(unsafeBitCast(function, to: UInt.self), bytes: 1, to: stub.address)
    }

    /// The state as it is to be there.
    func image(_ state: RunState) -> RunState {
        var image = state
        image.registers = pointer(state.registers)
        image.stack = pointer(state.stack)
        image.context = pointer(state.context)
        image.faults = pointer(state.faults)
        image.native.stackTop = self(state.stack) + UInt(RunState.stackBytes * RunState.maxFrames)
        withUnsafeMutableBytes(of: &image.bases.addresses) { bytes in
            let bases = bytes.bindMemory(to: UInt.self)
            for index in bases.indices { bases[index] = addresses(bases[index]) }
        }
        return image
    }

    func image(_ frame: FrameContext) -> FrameContext {
        var image = frame
        image.data = pointer(frame.data)
        image.dataMeta = image.data
        image.dataEnd = image.data + (frame.dataEnd - frame.data)
        return image
    }
}

extension RecordedHelpers.StubMap {
    func bytes(slots: Int) -> Int { workerStride == 0 ? entries * stride : slots * workerStride }
}
