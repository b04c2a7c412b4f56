import Foundation
import Synchronization
import TestSupport

/// A program that runs in a namespace while the test goes on.
final class Background: Sendable {
    private let result = Mutex<Result<String, any Error>?>(nil)
    private let done = DispatchSemaphore(value: 0)

    fileprivate init(_ namespace: NetworkNamespace, _ arguments: [String]) {
        Thread.detachNewThread { [self] in
            let outcome = Result { try Command.check(["ip", "netns", "exec", namespace.name] + arguments) }
            result.withLock { $0 = outcome }
            done.signal()
        }
    }

    /// What it has written, once it has ended; throws when its status is not 0.
    func wait() throws -> String {
        done.wait()
        return try result.withLock { try $0!.get() }
    }
}

extension NetworkNamespace {
    func start(_ arguments: String...) -> Background { Background(self, arguments) }
}
