import CLinux
import Foundation
import Glibc

/// Threads for what takes seconds. There are few of them, so that what the work holds together is bounded, and neither the
/// event loop nor the control queue waits for any. They give way to every other thread, and keep off the dataplane's CPU.
final class ThreadPool: Sendable {
    typealias Work = @Sendable () -> Void

    /// At work at a time.
    let threads: Int
    /// Waiting, at most: beyond that a client is told to come back.
    let waiting: Int

    private let queue: Queue

    /// - Parameters:
    ///   - name: of its threads, 15 bytes at most.
    ///   - cpu: where the dataplane runs; nil where it runs anywhere.
    init(_ name: String, threads: Int, waiting: Int, avoiding cpu: Int?) {
        self.threads = threads
        self.waiting = waiting
        queue = Queue(name, threads: threads, waiting: waiting, cpu)
    }

    /// For verifying, of which each may hold `Verifier.Limits.stateBytes`.
    static func verification(avoiding cpu: Int?) -> ThreadPool {
        ThreadPool("swale-verifier", threads: 2, waiting: 64, avoiding: cpu)
    }

    /// For test runs, of which each may hold two copies of `Sandbox.contentLimit` and go on for seconds: more of them at a
    /// time, so that a short one seldom waits for long ones.
    static func testRuns(avoiding cpu: Int?) -> ThreadPool {
        ThreadPool("swale-test-run", threads: 4, waiting: 16, avoiding: cpu)
    }

    deinit { queue.close() }

    /// False where too much is waiting already.
    func submit(_ work: @escaping Work) -> Bool { queue.add(work) }

    /// What the threads share; it outlives the pool while they end.
    private final class Queue: @unchecked Sendable {
        private let condition = NSCondition()
        private let name: String
        private let mostThreads: Int
        private let mostWaiting: Int
        private let avoidedCPU: Int?
        // Under the condition's lock.
        private var work: [Work] = []
        private var threads = 0
        private var idle = 0
        private var isClosed = false

        init(_ name: String, threads: Int, waiting: Int, _ avoidedCPU: Int?) {
            self.name = name
            mostThreads = threads
            mostWaiting = waiting
            self.avoidedCPU = avoidedCPU
        }

        func add(_ item: @escaping Work) -> Bool {
            condition.lock()
            defer { condition.unlock() }
            guard work.count < mostWaiting else { return false }
            work.append(item)
            if work.count > idle, threads < mostThreads {
                threads += 1
                startThread()
            }
            condition.signal()
            return true
        }

        func close() {
            condition.lock()
            isClosed = true
            condition.broadcast()
            condition.unlock()
        }

        private func startThread() {
            let thread = Thread { [self] in
                clinux_name_thread(name)
                if let avoidedCPU { clinux_avoid_cpu(UInt32(avoidedCPU)) }
                // Of the calling thread alone, on Linux.
                setpriority(Int32(PRIO_PROCESS.rawValue), 0, 5)
                while let item = next() { item() }
            }
            thread.stackSize = 8 << 20
            thread.start()
        }

        private func next() -> Work? {
            condition.lock()
            defer { condition.unlock() }
            idle += 1
            while work.isEmpty && !isClosed { condition.wait() }
            idle -= 1
            return work.isEmpty ? nil : work.removeFirst()
        }
    }
}
