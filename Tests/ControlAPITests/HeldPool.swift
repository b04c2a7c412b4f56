import Foundation
import Testing

@testable import ControlAPI

/// A pool all of whose threads are at work, until they are released.
final class HeldPool {
    private let hold = DispatchSemaphore(value: 0)
    private var held = 0

    /// - Parameter fillsLine: whether as much is waiting, too, as may.
    init(_ pool: ThreadPool, fillsLine: Bool) {
        let begun = DispatchSemaphore(value: 0)
        for index in 0..<pool.threads + (fillsLine ? pool.waiting : 0) {
            let isQueued = pool.submit { [hold] in
                begun.signal()
                hold.wait()
            }
            #expect(isQueued)
            held += 1
            // What is at work waits in no line.
            if index < pool.threads { begun.wait() }
        }
    }

    func release() {
        for _ in 0..<held { hold.signal() }
        held = 0
    }

    deinit { release() }
}
