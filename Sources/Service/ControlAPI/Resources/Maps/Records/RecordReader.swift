import HTTP
import Maps
import Synchronization

/// How a client wants the records of a map.
struct RecordForm: Sendable {
    /// Of the record's first bytes; nil: bytes only.
    var type: TypeSchema?

    /// `Record` of openapi.yaml.
    func write(_ record: Maps.MapRecord, sequence: UInt64, to text: inout JSONText) {
        let end = record.packetStart ?? record.bytes.count
        text.raw("{\"sequence\":\"")
        text.integer(sequence)
        text.raw("\",\"worker\":")
        if let worker = record.worker { text.integer(worker) } else { text.raw("null") }
        if let type {
            text.raw(",\"value\":")
            if end >= type.size {
                record.bytes.withUnsafeBytes {
                    type.write(UnsafeRawBufferPointer(rebasing: $0[..<type.size]), to: &text)
                }
            } else {
                text.raw("null")
            }
        }
        text.raw(",\"hex\":")
        text.hex(record.bytes[..<end])
        if end < record.bytes.count {
            text.raw(",\"packet\":")
            text.hex(record.bytes[end...])
        }
        text.byte(UInt8(ascii: "}"))
    }
}

/// A client of `/v1/maps/{map}/records`. What does not fit into its pipe is lost for it, and counted.
final class RecordReader: Sendable {
    private struct State {
        var rest: Int
        /// Not told yet.
        var lost: UInt64 = 0
        var isBehind = false
        var isDone = false
    }

    private let form: RecordForm
    private let pipe: BodyPipe
    private let state: Mutex<State>

    /// Bytes that wait for a slow client.
    private static let capacity = 4 << 20

    init(_ form: RecordForm, limit: Int?, onClose: @escaping @Sendable () -> Void) {
        self.form = form
        state = Mutex(State(rest: limit ?? Int.max))
        pipe = BodyPipe(capacity: Self.capacity, onClose: onClose)
        // So that a client knows at once that it is connected.
        pipe.send(Array(": records\n\n".utf8))
    }

    var stream: BodyStream { pipe.stream(heartbeat: .eventStream) }

    var isDone: Bool { state.withLock { $0.isDone } || pipe.isClosed }

    /// Asked after a record was refused: whether the next one may be taken.
    var hasRoom: Bool {
        guard state.withLock({ $0.isBehind }) else { return true }
        let text = state.withLock { Self.lostEvent($0.lost) }
        guard pipe.send(text) else { return isDone }
        state.withLock { state in
            state.isBehind = false
            state.lost = 0
        }
        return true
    }

    func addLost(_ count: UInt64) { state.withLock { $0.lost += count } }

    func finish() {
        state.withLock { $0.isDone = true }
        pipe.finish()
    }

    /// The records that were lost are told before the next one.
    func send(_ record: Maps.MapRecord, sequence: UInt64) {
        let (isTaken, lost) = state.withLock { ($0.rest > 0 && !$0.isDone && !$0.isBehind, $0.lost) }
        guard isTaken else { return state.withLock { $0.lost += 1 } }
        var text = JSONText(reserving: 128 + 2 * record.bytes.count)
        if lost > 0 { text.raw(Self.lostEvent(lost)) }
        text.raw("id: ")
        text.integer(sequence)
        text.raw("\nevent: record\ndata: ")
        form.write(record, sequence: sequence, to: &text)
        text.raw("\n\n")
        let isSent = pipe.send(text.bytes)
        let isLast = state.withLock { state in
            guard isSent else {
                state.lost += 1
                state.isBehind = true
                return false
            }
            state.lost = 0
            state.rest -= 1
            state.isDone = state.isDone || state.rest == 0
            return state.rest == 0
        }
        if isLast { pipe.finish() }
    }

    private static func lostEvent(_ count: UInt64) -> [UInt8] {
        Array("event: lost\ndata: {\"lost\":\"\(count)\"}\n\n".utf8)
    }
}
