import CLinux
import Synchronization

/// The last lines that programs wrote with `bpf_trace_printk`. Bounded: older lines make way, and are counted.
public final class TraceLog: Sendable {
    public struct Line: Hashable, Sendable {
        /// Counts up from 1; a gap means that lines were lost.
        public var sequence: UInt64
        /// CLOCK_MONOTONIC, nanoseconds.
        public var timeNs: UInt64
        /// Worker that ran the program.
        public var slot: Int
        public var text: String
    }

    private struct State {
        var lines: [Line] = []
        var last: UInt64 = 0
        var waiting: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())
    private let capacity: Int

    public init(capacity: Int = 1024) {
        self.capacity = capacity
    }

    /// Called by a worker for each line: takes a lock, as text is for debugging only.
    func append(_ text: String, slot: Int) {
        let waiting = state.withLock { state in
            state.last += 1
            if state.lines.count >= capacity { state.lines.removeFirst(capacity / 4 + 1) }
            state.lines.append(Line(sequence: state.last, timeNs: clinux_monotonic_ns(), slot: slot, text: text))
            return state.waiting.take()
        }
        waiting?()
    }

    /// Calls `body` once, as soon as there is a line after `sequence`: at once, or from the worker that writes it. It has
    /// to be short. There is one who waits; a later call takes the place of an earlier one.
    public func whenLines(after sequence: UInt64, _ body: @escaping @Sendable () -> Void) {
        let isThere = state.withLock { state in
            state.waiting = state.last > sequence ? nil : body
            return state.last > sequence
        }
        if isThere { body() }
    }

    /// The lines after `sequence`, oldest first, that are still held.
    public func lines(after sequence: UInt64 = 0) -> [Line] {
        state.withLock { state in state.lines.filter { $0.sequence > sequence } }
    }

    public var lastSequence: UInt64 { state.withLock { $0.last } }
}
