import Dispatch
import Engine
import Foundation
import HTTP
import Synchronization

/// What happens, for those who listen on `/v1/events`.
///
/// Lifecycle and trace events are numbered and the last ones held, so that a client that comes back misses none of them.
/// Trace lines are fetched, and stats made, only while somebody listens; nothing is polled.
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
        /// By kind, as many lines would drive out what else happened.
        var held: [Kind: [Event]] = [:]
        var lastTrace: UInt64 = 0
        var isTraceAwaited = false
        var subscribers: [UInt64: EventSubscriber] = [:]
        var lastSubscriber: UInt64 = 0
        /// Of the timer that counts; those set before do nothing.
        var timer: UInt64 = 0

        mutating func removeFinished() {
            guard subscribers.values.contains(where: \.isClosed) else { return }
            subscribers = subscribers.filter { !$0.value.isClosed }
        }
    }

    /// Events of a kind that are held for clients that come back.
    private static let capacity = 1024
    /// Lines that come within this time go out together.
    private static let traceDelay = DispatchTimeInterval.milliseconds(20)
    /// Stats are made no more often.
    private static let statsGrain = Duration.milliseconds(50)

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
        state.withLock { state in
            state.last += 1
            let event = Event(id: state.last, kind: kind, data: data)
            var held = state.held[kind] ?? []
            state.held[kind] = nil
            if held.count >= Self.capacity { held.removeFirst(Self.capacity / 4) }
            held.append(event)
            state.held[kind] = held
            // Under the lock, so that every subscriber sees the events in their order.
            for subscriber in state.subscribers.values { subscriber.send(event) }
            state.removeFinished()
        }
    }

    /// - Parameter lastID: of the last event that the client has seen; nil for one that is new.
    func subscribe(_ options: EventOptions, after lastID: UInt64?, stats: @escaping @Sendable () -> JSON) -> Response {
        collectTrace()
        let number = state.withLock { state in
            state.lastSubscriber += 1
            return state.lastSubscriber
        }
        let subscriber = EventSubscriber(options) { [weak self] in
            // Not now: who sends holds the lock.
            guard let self else { return }
            self.queue.async { self.remove(number) }
        }
        state.withLock { state in
            state.subscribers[number] = subscriber
            if let lastID {
                let missed = state.held.values.joined().filter { $0.id > lastID }.sorted { $0.id < $1.id }
                for event in missed { subscriber.send(event) }
            }
            state.removeFinished()
        }
        if options.kinds.contains(.trace) { awaitTrace() }
        if options.kinds.contains(.stats) { queue.async { self.tick(stats) } }
        return Response(
            status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: .stream(subscriber.stream))
    }

    /// Clients that are connected, or whose leaving was not seen yet.
    var subscriberCount: Int { state.withLock { $0.subscribers.count } }

    private func remove(_ number: UInt64) {
        state.withLock { state in _ = state.subscribers.removeValue(forKey: number) }
    }

    // MARK: Stats

    /// Sends stats to those whose interval is over, and sets the timer for the next one's. On the queue.
    private func tick(_ stats: @escaping @Sendable () -> JSON) {
        let now = ContinuousClock.now
        let due = state.withLock { state in state.subscribers.values.filter { $0.isStatsDue(now) } }
        if !due.isEmpty {
            let data = JSONText(stats()).bytes
            for subscriber in due { subscriber.send(Event(id: 0, kind: .stats, data: data)) }
        }
        let next = state.withLock { state -> (timer: UInt64, due: ContinuousClock.Instant)? in
            state.removeFinished()
            state.timer += 1
            return state.subscribers.values.compactMap(\.nextStats).min().map { (state.timer, $0) }
        }
        guard let next else { return }
        let nanoseconds = (max(ContinuousClock.now.duration(to: next.due), Self.statsGrain) / .nanoseconds(1)).rounded()
        queue.asyncAfter(deadline: .now() + .nanoseconds(Int(nanoseconds))) {
            guard self.state.withLock({ $0.timer == next.timer }) else { return }
            self.tick(stats)
        }
    }

    // MARK: Trace

    /// The log tells when there is a line; without a listener nobody is told.
    private func awaitTrace() {
        let after = state.withLock { state -> UInt64? in
            let isWanted = state.subscribers.values.contains { $0.wants(.trace) }
            guard isWanted, !state.isTraceAwaited else { return nil }
            state.isTraceAwaited = true
            return state.lastTrace
        }
        guard let after else { return }
        trace.whenLines(after: after) { [weak self] in
            guard let self else { return }
            self.queue.asyncAfter(deadline: .now() + Self.traceDelay) {
                self.state.withLock { $0.isTraceAwaited = false }
                self.collectTrace()
                self.awaitTrace()
            }
        }
    }

    private func collectTrace() {
        let after = state.withLock { $0.lastTrace }
        for line in trace.lines(after: after) {
            let lost = state.withLock { state -> UInt64? in
                guard line.sequence > state.lastTrace else { return nil }
                defer { state.lastTrace = line.sequence }
                return line.sequence - state.lastTrace - 1
            }
            guard let lost else { continue }
            publish(.trace, JSONText(Self.json(line, lost: lost)).bytes)
        }
    }

    /// `TraceEvent` of openapi.yaml.
    private static func json(_ line: TraceLog.Line, lost: UInt64) -> JSON {
        // Both clocks go on alike between the line and now.
        let age = Double(Int64(bitPattern: DispatchTime.now().uptimeNanoseconds &- line.timeNs)) / 1e9
        return [
            "time": .string(Timestamp.text(Date(timeIntervalSinceNow: -age))), "sequence": .count(line.sequence),
            "worker": .integer(line.slot), "line": .string(line.text), "lost": .count(lost),
        ]
    }
}
