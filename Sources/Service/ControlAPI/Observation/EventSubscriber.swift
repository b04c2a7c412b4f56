import HTTP
import Synchronization

/// What a client of `/v1/events` asks for.
struct EventOptions: Sendable {
    var kinds = Set(EventHub.Kind.allCases)
    var interval = Duration.seconds(1)
    /// Events after which the stream ends.
    var limit: Int?
}

/// A client of `/v1/events`. One that is too far behind misses events.
final class EventSubscriber: Sendable {
    private struct State {
        var rest: Int
        var statsDue = ContinuousClock.now
        var isDone = false
    }

    private let options: EventOptions
    private let pipe: BodyPipe
    private let state: Mutex<State>

    /// - Parameter onClose: called when the client is gone.
    init(_ options: EventOptions, onClose: @escaping @Sendable () -> Void) {
        self.options = options
        pipe = BodyPipe(onClose: onClose)
        state = Mutex(State(rest: options.limit ?? Int.max))
        // So that a client knows at once that it is connected.
        pipe.send(Array(": events\n\n".utf8))
    }

    var stream: BodyStream { pipe.stream(heartbeat: .eventStream) }

    var isClosed: Bool { pipe.isClosed || state.withLock { $0.isDone } }

    func wants(_ kind: EventHub.Kind) -> Bool { options.kinds.contains(kind) && !isClosed }

    /// When stats are due; nil where none are wanted.
    var nextStats: ContinuousClock.Instant? { wants(.stats) ? state.withLock { $0.statsDue } : nil }

    /// True once each interval.
    func isStatsDue(_ now: ContinuousClock.Instant) -> Bool {
        guard options.kinds.contains(.stats) else { return false }
        return state.withLock { state in
            guard now >= state.statsDue else { return false }
            state.statsDue = max(state.statsDue + options.interval, now)
            return true
        }
    }

    func send(_ event: EventHub.Event) {
        guard options.kinds.contains(event.kind) else { return }
        let isLast: Bool? = state.withLock { state in
            guard state.rest > 0 else { return nil }
            state.rest -= 1
            state.isDone = state.rest == 0
            return state.isDone
        }
        guard let isLast else { return }
        var bytes: [UInt8] = []
        if event.id > 0 { bytes += Array("id: \(event.id)\n".utf8) }
        bytes += Array("event: \(event.kind.rawValue)\ndata: ".utf8) + event.data + [0x0a, 0x0a]
        pipe.send(bytes)
        if isLast { pipe.finish() }
    }
}
