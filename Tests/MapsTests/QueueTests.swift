import Foundation
import Maps
import Object
import Synchronization
import TestSupport
import Testing

/// Queues and stacks against the kernel's. Needs root, for bpf(2).
@Suite struct QueueTests {
    static let types: [MapType] = [.queue, .stack]

    private static func outcome(_ body: () throws(MapError) -> Void) -> Outcome {
        Outcome { () throws(MapError) in
            try body()
            return []
        }
    }

    @Test(arguments: types, [1, 3, 8, 20])
    func randomOperations(_ type: MapType, _ valueSize: Int) throws {
        let attributes = MapAttributes(type: type, keySize: 0, valueSize: valueSize, maxEntries: 5)
        let theirs = try KernelMap(attributes)
        let ours = try Map(attributes, domain: WorkerDomain())
        var random = SplitMix(spread: UInt64(valueSize))
        for step in 0..<800 {
            switch UInt8.random(in: 0..<8, using: &random) {
            case 0..<4:
                let value = random.bytes(valueSize)
                let flags: UInt64 = [0, 0, 0, 1, 2, 3, 4, 1 << 40].randomElement(using: &random)!
                let outcome =
                    UpdateMode(rawValue: flags).map { mode in
                        Self.outcome { () throws(MapError) in try ours.push(value, mode) }
                    } ?? Outcome(Int32(ours.core.push(value, flags: flags)))
                check(outcome == theirs.push(value, flags: flags), "step \(step)")
            case 4..<6: check(Outcome { () throws(MapError) in try ours.pop() } == theirs.pop(), "step \(step)")
            case 6: check(Outcome { () throws(MapError) in try ours.peek() } == theirs.peek(), "step \(step)")
            default: check(ours.lookupOutcome([]) == theirs.peek(), "step \(step)")
            }
        }
        #expect(ours.deleteOutcome([]) == theirs.delete([]))
        #expect(ours.nextKeyOutcome(after: nil) == theirs.nextKey(after: nil))
    }

    /// As programs call them: what is there after a failure, too.
    @Test(arguments: types) func programsFindZerosInAnEmptyOne(_ type: MapType) throws {
        let attributes = MapAttributes(type: type, keySize: 0, valueSize: 12, maxEntries: 2)
        let map = try Map(attributes, domain: WorkerDomain())
        var value = [UInt8](repeating: 7, count: 12)
        #expect(map.core.pop(into: &value) == -2)
        #expect(value == [UInt8](repeating: 0, count: 12))
        #expect(map.core.push([UInt8](1...12), flags: 0) == 0)
        #expect(map.core.peek(into: &value) == 0)
        #expect(value == [UInt8](1...12))
        #expect(map.core.lookup(value, slot: 0) == nil)
        #expect(map.entryCount == 1)
        try map.clear()
        #expect(map.entryCount == 0)
    }

    @Test(arguments: types) func whatIsThereIsShownAndCopiedFromTheOldestOn(_ type: MapType) throws {
        let attributes = MapAttributes(type: type, keySize: 0, valueSize: 1, maxEntries: 3)
        let map = try Map(attributes, domain: WorkerDomain())
        for value: UInt8 in 1...5 { try map.push([value], .exist) }
        #expect(try map.entries(limit: 2).values == [3, 4])
        let copy = try map.copy(domain: WorkerDomain())
        #expect(try copy.entries(limit: 9).values == [3, 4, 5])
        #expect(try copy.pop() == (type == .queue ? [3] : [5]))
        var changes: [[UInt8]?] = []
        try copy.forEachChange(since: map) { _, before, after in
            changes.append(before.map { Array($0) })
            changes.append(after.map { Array($0) })
            return true
        }
        #expect(changes == (type == .queue ? [[3], [4], [4], [5], [5], nil] : [[5], nil]))
    }

    @Test(arguments: types, [MapFlags.readOnlyUser, .writeOnlyUser])
    func access(_ type: MapType, _ flags: MapFlags) throws {
        let attributes = MapAttributes(type: type, keySize: 0, valueSize: 4, maxEntries: 3, flags: flags)
        let theirs = try KernelMap(attributes)
        let ours = try Map(attributes, domain: WorkerDomain())
        #expect(
            Self.outcome { () throws(MapError) in try ours.push([1, 2, 3, 4]) } == theirs.push([1, 2, 3, 4], flags: 0))
        #expect(Outcome { () throws(MapError) in try ours.peek() } == theirs.peek())
        #expect(Outcome { () throws(MapError) in try ours.pop() } == theirs.pop())
    }

    /// Each value that went in comes out once, whole, and in the order of who pushed it.
    @Test func threadsPushAndPop() throws {
        let attributes = MapAttributes(type: .queue, keySize: 0, valueSize: 24, maxEntries: 64)
        let map = try Map(attributes, domain: WorkerDomain(workers: 4))
        let each = 20_000
        let popped = Mutex<[[UInt64]]>([])
        inParallel(4) { thread in
            var seen: [UInt64] = []
            var value: (UInt64, UInt64, UInt64) = (0, 0, 0)
            var next = 0
            while thread < 2 ? next < each : popped.withLock({ $0.count }) < 2 || map.entryCount > 0 {
                if thread < 2 {
                    let number = UInt64(thread) << 32 | UInt64(next)
                    value = (number, ~number, number)
                    if map.core.push(&value, flags: 0) == 0 { next += 1 }
                } else if map.core.pop(into: &value) == 0 {
                    check(value.1 == ~value.0 && value.2 == value.0)
                    seen.append(value.0)
                }
            }
            popped.withLock { $0.append(seen) }
        }
        let lists = popped.withLock { $0 }.filter { !$0.isEmpty }
        #expect(Set(lists.joined()).count == 2 * each)
        #expect(lists.map(\.count).reduce(0, +) == 2 * each)
        for list in lists {
            for thread: UInt64 in 0..<2 {
                let pushed = list.filter { $0 >> 32 == thread }
                #expect(pushed == pushed.sorted())
            }
        }
    }
}

/// Runs `body` on so many threads at once, whatever the number of processors, until all have returned.
func inParallel(_ threads: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let group = DispatchGroup()
    for thread in 0..<threads {
        group.enter()
        Thread.detachNewThread {
            body(thread)
            group.leave()
        }
    }
    group.wait()
}
