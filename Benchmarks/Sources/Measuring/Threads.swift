import Glibc
import Synchronization

/// Runs a piece of work on several threads at the same time.
public enum Threads {
    /// Calls `body` with each number below `count`, on a thread of its own; all begin once the last one is there. What
    /// they give back, by number.
    public static func run(_ count: Int, _ body: @escaping (Int) throws -> [Double]) throws -> [[Double]] {
        guard count > 1 else { return [try body(0)] }
        let gathering = Gathering(count, body)
        var threads: [pthread_t] = []
        for number in 1..<count {
            var thread = pthread_t()
            let start = Unmanaged.passRetained(Start(gathering, number))
            let error = pthread_create(
                &thread, nil,
                { argument in
                    let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
                    start.gathering.work(start.number)
                    return nil
                }, start.toOpaque())
            // The others wait for it: no way to go on.
            guard error == 0 else { fatalError("no thread: \(String(cString: strerror(error)))") }
            threads.append(thread)
        }
        gathering.work(0)
        for thread in threads { pthread_join(thread, nil) }
        return try gathering.results()
    }

    private final class Start {
        let gathering: Gathering
        let number: Int

        init(_ gathering: Gathering, _ number: Int) {
            self.gathering = gathering
            self.number = number
        }
    }

    private final class Gathering: @unchecked Sendable {
        private let body: (Int) throws -> [Double]
        private let count: Int
        private let present = Atomic<Int>(0)
        private let outcomes: Mutex<[Int: Result<[Double], any Error>]> = Mutex([:])

        init(_ count: Int, _ body: @escaping (Int) throws -> [Double]) {
            self.count = count
            self.body = body
        }

        func work(_ number: Int) {
            present.wrappingAdd(1, ordering: .acquiringAndReleasing)
            while present.load(ordering: .acquiring) < count { sched_yield() }
            let outcome = Result { try body(number) }
            outcomes.withLock { $0[number] = outcome }
        }

        func results() throws -> [[Double]] {
            try outcomes.withLock { outcomes in try (0..<count).map { try outcomes[$0]!.get() } }
        }
    }
}

extension Subject {
    /// The same work on `count` threads, each with its number: the mean of what it takes on each.
    public static func onThreads(
        _ count: Int, _ measure: @escaping (_ thread: Int, _ repeats: Int) throws -> [Double]
    ) -> Subject {
        Subject { repeats in
            let each = try Threads.run(count) { try measure($0, repeats) }
            return each[0].indices.map { part in each.map { $0[part] }.reduce(0, +) / Double(count) }
        }
    }
}
