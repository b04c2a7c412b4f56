import Dispatch
import Engine
import Foundation
import HTTP
import Synchronization

/// What happens, for those who listen on `/v1/events`.
///
/// Lifecycle and trace events are numbered and the last ones held, so that a client that comes back misses none of them.
/// Trace lines are fetched, and stats made, only while somebody listens.
final class EventHub: Sendable {
    enum Action: String { case created, replaced, changed, deleted }
    enum Kind: String, CaseIterable { case stats, lifecycle, trace }

    struct Event: Sendable {
        var id: UInt64
        var kind: Kind
        var data: [UInt8]
    }

    private struct State {
        var last: UInt64 = 0
        var held: [Event] = []
        var lastTrace: UInt64 = 0
        var subscribers: [UInt64: EventSubscriber] = [:]
        var lastSubscriber: UInt64 = 0
        var isTicking = false
    }

    /// Events held for clients that come back.
    private static let capacity = 1024
    private static let tickMilliseconds = 50

    private let state = Mutex(State())
    private let trace: TraceLog
    private let queue = DispatchQueue(label: "swale.events")

    init(trace: TraceLog) {
        self.trace = trace
    }

    func lifecycle(_ action: Action, _ kind: String, _ name: String) {
        let data: JSON = [
            "time": .string(Timestamp.text(Date())), "action": .string(action.rawValue), "kind": .string(kind),
            "name": .string(name),
        ]
        publish(.lifecycle, JSONText(data).bytes)
    }

    private func publish(_ kind: Kind, _ data: [UInt8]) {
        let subscribers = state.withLock { state -> [EventSubscriber] in
            state.last += 1
            let event = Event(id: state.last, kind: kind, data: data)
            if state.held.count >= Self.capacity { state.held.removeFirst(Self.capacity / 4) }
            state.held.append(event)
            let all = Array(state.subscribers.values)
            // Under the lock, so that every subscriber sees the events in their order.
            for subscriber in all { subscriber.send(event) }
            return all
        }
        forgetClosed(subscribers)
    }

    /// - Parameter lastID: of the last event that the client has seen; nil for one that is new.
    func subscribe(_ options: EventOptions, after lastID: UInt64?, stats: @escaping @Sendable () -> JSON) -> Response {
        collectTrace()
        let subscriber = EventSubscriber(options)
        state.withLock { state in
            state.lastSubscriber += 1
            state.subscribers[state.lastSubscriber] = subscriber
            if let lastID {
                for event in state.held where event.id > lastID { subscriber.send(event) }
            }
        }
        startTicking(stats)
        return Response(
            status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: .stream(subscriber.stream))
    }

    private func forgetClosed(_ subscribers: [EventSubscriber]) {
        guard subscribers.contains(where: { $0.isClosed }) else { return }
        state.withLock { state in state.subscribers = state.subscribers.filter { !$0.value.isClosed } }
    }

    // MARK: The tick

    private func startTicking(_ stats: @escaping @Sendable () -> JSON) {
        let isFirst = state.withLock { state in
            defer { state.isTicking = true }
            return !state.isTicking
        }
        if isFirst { queue.async { self.tick(stats) } }
    }

    private func tick(_ stats: @escaping @Sendable () -> JSON) {
        collectTrace()
        let now = ContinuousClock.now
        let subscribers = state.withLock { Array($0.subscribers.values) }
        let due = subscribers.filter { $0.isStatsDue(now) }
        if !due.isEmpty {
            let data = JSONText(stats()).bytes
            for subscriber in due { subscriber.send(Event(id: 0, kind: .stats, data: data)) }
        }
        forgetClosed(subscribers)
        let goesOn = state.withLock { state in
            state.isTicking = !state.subscribers.isEmpty
            return state.isTicking
        }
        guard goesOn else { return }
        queue.asyncAfter(deadline: .now() + .milliseconds(Self.tickMilliseconds)) { self.tick(stats) }
    }

    private func collectTrace() {
        let after = state.withLock { $0.lastTrace }
        for line in trace.lines(after: after) {
            let isNew = state.withLock { state in
                guard line.sequence > state.lastTrace else { return false }
                state.lastTrace = line.sequence
                return true
            }
            guard isNew else { continue }
            let data: JSON = ["time": .string(Timestamp.text(Date())), "line": .string(line.text)]
            publish(.trace, JSONText(data).bytes)
        }
    }
}
