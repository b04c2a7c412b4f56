import CLinux
import Glibc
import Maps

/// What one slot needs to run one program: registers, stack, call frames, the bounds of the current frame. One piece
/// of memory, owned by the `ProgramCore`; used by one thread at a time.
struct RunState {
    /// r0 to r10.
    var registers: UnsafeMutablePointer<UInt64>
    /// `stackFrames` frames of 512 bytes, the first at the top.
    var stack: UnsafeMutableRawPointer
    let stackFrames: Int
    var calls: UnsafeMutablePointer<CallFrame>
    /// Memory of `vale_bpf_md` or `xdp_md`, 24 bytes, and of `XDPContext.pointers`.
    var context: UnsafeMutableRawPointer

    var packetStart: UInt = 0
    var packetEnd: UInt = 0
    var packetMeta: UInt = 0
    /// Value memory that recent lookups handed out, so that most accesses need no search.
    var grants: (Grant, Grant) = (Grant(), Grant())
    /// The key that a helper hands to a function of the program.
    var callbackKey = Grant()

    /// Per-CPU slot in maps: the worker's number.
    var slot = 0
    var random: UInt64

    var runs: UInt64 = 0
    var faults: UnsafeMutablePointer<UInt64>
    /// What the last helper call took, in instructions' worth of time.
    var helperCost = 0
    /// What made the last helper call fail.
    var helperFault = Fault.none
    /// Wire slot of the last fault's instruction, and the address that it wanted.
    var faultSlot: Int32 = -1
    var faultAddress: UInt64 = 0
    /// Not 0: the last tail call led to another program, whose result is that of whoever called.
    var didTailCall = 0
    /// Whether this program has gone on with another one, which runs now, and may come back to a caller here.
    var isSuspended = false
    var reservations = Reservations()
    /// What native code keeps of a burst.
    var native = NativeBurst()
    var deadline = Deadline()
    var bases = ValueBases()

    static let stackBytes = 512
    static let maxFrames = 8

    /// - Parameter stackFrames: more than 8 where callers in this program may wait while it runs again, by tail calls.
    init(slot: Int, stackFrames: Int = maxFrames) {
        registers = .allocate(capacity: 11)
        registers.initialize(repeating: 0, count: 11)
        self.stackFrames = stackFrames
        stack = .allocate(byteCount: Self.stackBytes * stackFrames, alignment: 64)
        stack.initializeMemory(as: UInt8.self, repeating: 0, count: Self.stackBytes * stackFrames)
        calls = .allocate(capacity: Self.maxFrames)
        calls.initialize(repeating: CallFrame(), count: Self.maxFrames)
        context = .allocate(byteCount: XDPContext.bytesWithPointers, alignment: 8)
        context.initializeMemory(as: UInt8.self, repeating: 0, count: XDPContext.bytesWithPointers)
        faults = .allocate(capacity: Fault.allCases.count)
        faults.initialize(repeating: 0, count: Fault.allCases.count)
        self.slot = slot
        native.stackTop = UInt(bitPattern: stack) + UInt(Self.stackBytes * stackFrames)
        random = UInt64.random(in: 1...UInt64.max)
    }

    /// Functions that called others that have not returned: 0 in the entry function. Where a helper that calls back was
    /// called.
    var depth: Int { (Int(native.stackTop) - Int(registers[10])) / Self.stackBytes }

    /// The frame of the run.
    @inline(__always)
    var frame: UnsafeMutablePointer<FrameContext>? { UnsafeMutablePointer(bitPattern: native.context) }

    /// Sets the bounds of the packet by a frame whose data a helper has moved.
    mutating func noteMoved(_ frame: UnsafeMutablePointer<FrameContext>) {
        packetStart = UInt(bitPattern: frame.pointee.data)
        packetEnd = UInt(bitPattern: frame.pointee.dataEnd)
        packetMeta = UInt(bitPattern: frame.pointee.dataMeta)
        storePointers()
    }

    /// No value of an earlier run is seen by the next.
    @inline(__always)
    func clearRegisters() {
        for index in 0..<10 { registers[index] = 0 }
    }

    /// Writes the pointers that the fields of `xdp_md` yield where unchecked programs load them from.
    @inline(__always)
    func storePointers() {
        let pointers = context + XDPContext.pointers
        pointers.storeBytes(of: packetStart, as: UInt.self)
        pointers.storeBytes(of: packetEnd, toByteOffset: 8, as: UInt.self)
        pointers.storeBytes(of: packetMeta, toByteOffset: 16, as: UInt.self)
    }

    func deallocate() {
        registers.deallocate()
        stack.deallocate()
        calls.deallocate()
        context.deallocate()
        faults.deallocate()
    }
}

/// What native code keeps while it runs a burst, beside what is in processor registers: of a run that waits for another
/// one of the same program, all of it is kept aside.
struct NativeBurst {
    /// The frame of the run, which the interpreter notes too.
    var context: UInt = 0
    /// End of the contexts.
    var end: UInt = 0
    var result: UInt = 0
    /// The native stack pointer, to which a fault goes back.
    var stackPointer: UInt = 0
    /// Fuel of a run, and what is left of it while a helper runs: the interpreter's too.
    var fuelLimit = 0
    var fuel = 0
    /// The lock that the program holds (`ValueLocks`), 0 where it holds none.
    var heldLock: UInt = 0
    /// Helpers that run functions of the program now.
    var callbacks = 0
    /// What a run begins with: fuel, and tail calls that there were already.
    var firstFuel = 0
    var firstTailCalls = 0
    var tailCalls = 0
    /// End of the program's stack: r10 of the entry function.
    var stackTop: UInt = 0

    /// Enough for programs that only now and then take too long.
    static let leastFuel = 1 << 14

    /// Sets what the next burst begins with.
    /// - Parameters:
    ///   - left: what the runs at the end of a burst were given.
    ///   - most: the program's fuel.
    @inline(__always)
    mutating func carryFuel(_ left: Int, most: Int) {
        if left < firstFuel {
            firstFuel = max(left, min(Self.leastFuel, most))
        } else if firstFuel < most {
            firstFuel = min(firstFuel << 1, most)
        }
    }
}

/// When a run gives up that calls back, or is traced. For runs that nothing else hurries.
struct Deadline {
    /// Of `clinux_monotonic_ns`.
    var ns = UInt64.max
    private var looks: UInt8 = 0

    /// Looks at the clock now and then.
    @inline(__always)
    mutating func isAhead() -> Bool {
        if ns == .max { return true }
        looks &+= 1
        return looks != 0 || clinux_monotonic_ns() < ns
    }
}

/// Of a program's first maps, where they are arrays or per-CPU hash maps: where a worker's values begin.
struct ValueBases {
    static let count = 16

    var addresses = InlineArray<16, UInt>(repeating: 0)

    init() {}

    init(_ maps: UnsafePointer<MapCore>, count: Int, slot: Int) {
        for index in 0..<min(count, Self.count) {
            if let elements = maps[index].arrayLayout {
                addresses[index] = elements.base + UInt(slot * elements.workerStride)
            } else if let elements = maps[index].hashLookupLayout?.perCPU {
                addresses[index] = elements.values + UInt(slot * elements.workerStride)
            }
        }
    }
}

/// What `call local` saves: r6 to r9, where it went and where to go on.
struct CallFrame {
    var returnIndex = 0
    /// The subprogram's first instruction.
    var entryIndex = 0
    var saved: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
}

/// A piece of memory that the program may touch.
struct Grant {
    var start: UInt = 0
    var end: UInt = 0
    var writable = false
}

/// The memory of all values of one map, for the check of an access.
struct ValueRegion {
    var start: UInt
    var end: UInt
    var valueSize: UInt
    var readable: Bool
    var writable: Bool
}
