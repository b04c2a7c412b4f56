import Maps

@testable import Engine

/// The helpers as harness.c has them: stubs that note what they were called with. For the interpreter.
final class RecordedHelpers {
    /// A map whose lookups find the element that the key's hash says; an array finds that of its index.
    struct StubMap {
        var core: UInt
        var isArray: Bool
        var keySize: Int
        var valueSize: Int
        var stride: Int
        var entries: Int
        var workerStride: Int
        var values: UnsafeMutableRawPointer

        func element(_ key: UnsafeRawPointer, slot: Int) -> UnsafeMutableRawPointer? {
            let index =
                isArray
                ? Int(key.loadUnaligned(as: UInt32.self))
                : Int(RecordedHelpers.hash(key, keySize) % UInt64(entries + 1))
            return index < entries ? values + index * stride + slot * workerStride : nil
        }
    }

    let maps: [StubMap]
    private(set) var words: [UInt64] = []
    private var ticks: UInt64 = 0

    init(_ maps: [StubMap]) { self.maps = maps }

    func reset() {
        words = []
        ticks = 0
    }

    /// FNV-1a
    static func hash(_ bytes: UnsafeRawPointer, _ count: Int) -> UInt64 {
        var sum: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in 0..<count {
            sum = (sum ^ UInt64(bytes.load(fromByteOffset: index, as: UInt8.self))) &* 0x100_0000_01b3
        }
        return sum
    }

    func call(
        _ number: UInt32, _ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>
    ) -> Bool {
        let r = state.pointee.registers
        let slot = state.pointee.slot
        guard let helper = Helper(number: number) else {
            state.pointee.helperFault = .badCall
            return false
        }
        func pointer(_ value: UInt64) -> UnsafeRawPointer { UnsafeRawPointer(bitPattern: UInt(value))! }
        let index = maps.firstIndex { $0.core == UInt(r[1]) } ?? -1
        state.pointee.helperCost = Helpers.cost(
            helper, keySize: index < 0 ? 0 : maps[index].keySize, valueSize: index < 0 ? 0 : maps[index].valueSize,
            slots: core.pointee.slots)
        switch helper {
        case .mapLookupElem, .mapUpdateElem, .mapDeleteElem:
            precondition(index >= 0)
            r[0] = call(helper, index, pointer(r[2]), r, slot)
        case .ktimeGetNs:
            words.append(5)
            ticks += 1
            r[0] = ticks * 1000
        case .getPrandomU32:
            words.append(7)
            ticks += 1
            r[0] = ticks &* 2_654_435_761 & 0xFFFF_FFFF
        case .tracePrintk:
            words += [6, Self.hash(pointer(r[1]), Int(r[2]))]
            r[0] = r[2]
        case .getSmpProcessorID: r[0] = UInt64(slot)
        default: preconditionFailure("\(helper) has no stub")
        }
        return true
    }

    private func call(
        _ helper: Helper, _ index: Int, _ key: UnsafeRawPointer, _ r: UnsafeMutablePointer<UInt64>, _ slot: Int
    ) -> UInt64 {
        let map = maps[index]
        let hash = Self.hash(key, map.keySize)
        let place = map.element(key, slot: slot)
        let call = [UInt64(helper.rawValue), UInt64(index), hash]
        switch helper {
        case .mapUpdateElem:
            let value = UnsafeRawPointer(bitPattern: UInt(r[3]))!
            words += call + [Self.hash(value, map.valueSize), r[4], UInt64(slot)]
            guard let place else { return UInt64(bitPattern: -7) }
            place.copyMemory(from: value, byteCount: map.valueSize)
            return r[4] & 1 != 0 ? UInt64(bitPattern: -17) : 0
        case .mapDeleteElem:
            words += call + [UInt64(slot)]
            return hash & 1 != 0 ? UInt64(bitPattern: -2) : 0
        default:
            // Lookups in arrays are no calls in native code.
            if !map.isArray { words += call + [UInt64(slot)] }
            return UInt64(UInt(bitPattern: place))
        }
    }
}

/// Runs a program with recorded helpers, as if it were verified.
struct RecordingExecution: InterpreterPolicy {
    let helpers: RecordedHelpers
    static var checksAccesses: Bool { false }

    func run(
        _ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>, fuel: Int, entry: Int, depth: Int
    ) -> RunResult {
        Interpreter.run(core, state, fuel: fuel, policy: self, entry: entry, depth: depth)
    }

    func callHelper(
        _ number: UInt32, _ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>
    ) -> Bool {
        helpers.call(number, core, state)
    }
}

/// The same of a program that nobody verified: depth of calls and accesses are checked.
struct CheckedRecordingExecution: InterpreterPolicy {
    let helpers: RecordedHelpers
    static var checksAccesses: Bool { true }

    func run(
        _ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>, fuel: Int, entry: Int, depth: Int
    ) -> RunResult {
        Interpreter.run(core, state, fuel: fuel, policy: self, entry: entry, depth: depth)
    }

    func callHelper(
        _ number: UInt32, _ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>
    ) -> Bool {
        helpers.call(number, core, state)
    }
}
