import Glibc
import Maps
import Synchronization
import Testing

@Suite struct WorkerDomainTests {
    @Test func nobodyOnlineIsPassedAtOnce() {
        let domain = WorkerDomain(workers: 3)
        #expect(domain.hasPassed(domain.retire()))
        domain.synchronize()
    }

    @Test(arguments: [1, 2, 64])
    func everyOnlineWorkerMustPass(_ workers: Int) {
        let domain = WorkerDomain(workers: workers)
        for slot in 0..<domain.slots { domain.online(slot) }
        let target = domain.retire()
        for slot in 0..<domain.slots {
            #expect(!domain.hasPassed(target), "before \(slot)")
            domain.quiescent(slot)
        }
        #expect(domain.hasPassed(target))
    }

    @Test func passingOneIsNotPassingTheNext() {
        let domain = WorkerDomain()
        domain.online(0)
        let first = domain.retire()
        domain.quiescent(0)
        let second = domain.retire()
        #expect(domain.hasPassed(first))
        #expect(!domain.hasPassed(second))
        domain.quiescent(0)
        #expect(domain.hasPassed(second))
    }

    @Test func goingOfflinePasses() {
        let domain = WorkerDomain()
        domain.online(0)
        let target = domain.retire()
        #expect(!domain.hasPassed(target))
        domain.offline(0)
        #expect(domain.hasPassed(target))
        domain.online(0)
        #expect(domain.hasPassed(target), "it came after the retirement")
        #expect(!domain.hasPassed(domain.retire()))
        domain.offline(0)
    }

    /// Readers follow a published index to a cell; the writer spoils a cell only after `synchronize`.
    @Test func nothingIsReusedUnderAReader() {
        let readers = 3
        let domain = WorkerDomain(workers: readers)
        let cells = AtomicCells(64)
        let published = Atomic<Int>(0)
        let stop = Atomic<Bool>(false)
        let spoiled = Atomic<Int>(0)
        cells[0] = 1
        concurrently(readers + 1) { thread in
            if thread == readers {
                for round in 1...1000 {
                    let old = published.load(ordering: .relaxed)
                    let new = (old + 1) % 64
                    cells[new] = 1
                    published.store(new, ordering: .releasing)
                    domain.synchronize()
                    cells[old] = 0
                    if round % 512 == 0 { usleep(100) }
                }
                stop.store(true, ordering: .relaxed)
                return
            }
            var round = 0
            domain.online(thread)
            while !stop.load(ordering: .relaxed) {
                let index = published.load(ordering: .acquiring)
                for _ in 0..<20 where cells[index] != 1 { spoiled.wrappingAdd(1, ordering: .relaxed) }
                round += 1
                if round % 7 == thread {
                    domain.offline(thread)
                    domain.online(thread)
                } else {
                    domain.quiescent(thread)
                }
            }
            domain.offline(thread)
        }
        #expect(spoiled.load(ordering: .relaxed) == 0)
    }
}

/// Words that threads share.
final class AtomicCells: @unchecked Sendable {
    private let words: UnsafeMutablePointer<Atomic<UInt64>>
    private let count: Int

    init(_ count: Int) {
        self.count = count
        words = .allocate(capacity: count)
        for index in 0..<count { (words + index).initialize(to: Atomic(0)) }
    }

    deinit { words.deallocate() }

    subscript(index: Int) -> UInt64 {
        get { words[index].load(ordering: .relaxed) }
        set { words[index].store(newValue, ordering: .relaxed) }
    }
}

/// Runs `body` on so many threads of its own, and waits for them.
func concurrently(_ threads: Int, _ body: @escaping @Sendable (Int) -> Void) {
    final class Start: Sendable {
        let thread: Int
        let body: @Sendable (Int) -> Void
        init(_ thread: Int, _ body: @escaping @Sendable (Int) -> Void) {
            self.thread = thread
            self.body = body
        }
    }
    let started = (0..<threads).map { thread in
        var id = pthread_t()
        let argument = Unmanaged.passRetained(Start(thread, body)).toOpaque()
        let result = pthread_create(
            &id, nil,
            { argument in
                let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
                start.body(start.thread)
                return nil
            }, argument)
        precondition(result == 0)
        return id
    }
    for id in started { pthread_join(id, nil) }
}
