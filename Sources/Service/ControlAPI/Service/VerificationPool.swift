import CLinux
import Foundation
import Glibc

/// Threads for what takes seconds: verifying programs. There are few of them, so that what verifications hold together
/// is bounded, and neither the event loop nor the control queue waits for one. They give way to every other thread, and
/// keep off the dataplane's CPU.
final class VerificationPool: Sendable {
    typealias Work = @Sendable () -> Void

    /// At work at a time; each may hold `Verifier.Limits.stateBytes`.
    static let threads = 2
    /// Waiting, at most: beyond that a client is told to come back.
    static let waiting = 64

    private let queue: Queue

    /// - Parameter cpu: where the dataplane runs; nil where it runs anywhere.
    init(avoiding cpu: Int?) { queue = Queue(cpu) }

    deinit { queue.close() }

    /// False where too much is waiting already.
    func submit(_ work: @escaping Work) -> Bool { queue.add(work) }

    /// What the threads share; it outlives the pool while they end.
    private final class Queue: @unchecked Sendable {
        private let condition = NSCondition()
        private let avoidedCPU: Int?
        // Under the condition's lock.
        private var work: [Work] = []
        private var threads = 0
        private var idle = 0
        private var isClosed = false

        init(_ avoidedCPU: Int?) { self.avoidedCPU = avoidedCPU }

        func add(_ item: @escaping Work) -> Bool {
            condition.lock()
            defer { condition.unlock() }
            guard work.count < VerificationPool.waiting else { return false }
            work.append(item)
            if work.count > idle, threads < VerificationPool.threads {
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
                clinux_name_thread("swale-verifier")
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
