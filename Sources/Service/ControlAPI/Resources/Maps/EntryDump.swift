import Dispatch
import HTTP
import Synchronization

/// Entries as lines of JSON, made as fast as the client reads, on the readers' queue.
final class EntryDump: Sendable {
    private struct Position {
        var cursor: UInt64?
        var rest: Int
        var isStarted = false
    }

    private let target: EntryTarget
    private let position: Mutex<Position>
    private let reader: DispatchQueue

    private static let partBytes = 256 << 10

    init(_ target: EntryTarget, cursor: UInt64?, limit: Int?, reader: DispatchQueue) {
        self.target = target
        self.reader = reader
        position = Mutex(Position(cursor: cursor, rest: limit ?? Int.max))
    }

    var stream: BodyStream {
        BodyStream(onPull: { writer in
            self.reader.async { self.fill(writer) }
        })
    }

    private func fill(_ writer: BodyWriter) {
        let (text, isLast) = position.withLock { position -> (JSONText?, Bool) in
            var text = JSONText(reserving: Self.partBytes + 4096)
            repeat {
                if position.isStarted && position.cursor == nil || position.rest == 0 { return (text, true) }
                guard let batch = try? target.entries(after: position.cursor, limit: position.rest) else {
                    return (nil, true)
                }
                target.codec.write(batch, separator: 0x0a, to: &text)
                position.isStarted = true
                position.cursor = batch.next
                position.rest -= batch.count
            } while text.bytes.count < Self.partBytes
            return (text, false)
        }
        guard let text else { return writer.fail() }
        if isLast { writer.finish(text.bytes) } else { writer.write(text.bytes) }
    }
}
