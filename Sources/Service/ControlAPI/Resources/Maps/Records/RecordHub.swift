import Dispatch
import HTTP
import Maps
import Synchronization

/// The records of one map, for those who read them: each reader gets every record that is taken out while it is
/// connected. While nobody reads they stay in the map.
///
/// All that is not locked belongs to the queue.
final class RecordHub: @unchecked Sendable {
    private struct State {
        var readers: [UInt64: RecordReader] = [:]
        var lastReader: UInt64 = 0
    }

    private let map: Map
    private let queue = DispatchQueue(label: "swale.records")
    private let state = Mutex(State())
    private var source: (any DispatchSourceRead)?
    private var isWaiting = false
    private var sequence: UInt64 = 0
    private var lost: UInt64 = 0

    /// Records, and bytes of them, that are taken out at once.
    private static let batch = (records: 256, bytes: 1 << 20)
    /// When no reader has room, this much time passes before more is taken out: what finds no room in the map meanwhile
    /// is counted there.
    private static let pause = DispatchTimeInterval.milliseconds(10)

    init(_ map: Map) {
        self.map = map
    }

    /// - Parameter limit: records after which the stream ends.
    func stream(_ form: RecordForm, limit: Int?) -> BodyStream {
        let number = state.withLock { state in
            state.lastReader += 1
            return state.lastReader
        }
        let reader = RecordReader(form, limit: limit) { [weak self] in self?.remove(number) }
        state.withLock { $0.readers[number] = reader }
        queue.async { self.take() }
        return reader.stream
    }

    var readerCount: Int { state.withLock { $0.readers.count } }

    /// Ends all streams: the map is gone.
    func close() {
        let readers = state.withLock { state in
            defer { state.readers = [:] }
            return Array(state.readers.values)
        }
        for reader in readers { reader.finish() }
        queue.async { self.stop() }
    }

    private func remove(_ number: UInt64) {
        state.withLock { _ = $0.readers.removeValue(forKey: number) }
    }

    // MARK: On the queue

    private func stop() {
        source?.cancel()
        source = nil
    }

    /// Takes out what is there, then waits for more.
    private func take() {
        while true {
            let readers = state.withLock { state in
                state.readers = state.readers.filter { !$0.value.isDone }
                return Array(state.readers.values)
            }
            guard !readers.isEmpty else { return stop() }
            guard readers.filter(\.hasRoom).count > 0 else {
                if !isWaiting {
                    isWaiting = true
                    queue.asyncAfter(deadline: .now() + Self.pause) {
                        self.isWaiting = false
                        self.take()
                    }
                }
                return
            }
            // What user space may not read was refused before.
            guard let records = try? map.takeRecords(limit: Self.batch.records, bytes: Self.batch.bytes) else { return }
            let lostNow = map.lostRecords
            for reader in readers where lostNow > lost { reader.addLost(lostNow - lost) }
            lost = max(lost, lostNow)
            for record in records {
                sequence += 1
                for reader in readers { reader.send(record, sequence: sequence) }
            }
            guard records.isEmpty else { continue }
            listen()
            if map.waitsForRecords() { return }
        }
    }

    private func listen() {
        guard source == nil, let descriptor = map.recordsDescriptor else { return }
        let new = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        new.setEventHandler { [weak self] in self?.take() }
        // The descriptor is the map's.
        new.setCancelHandler { [map] in withExtendedLifetime(map) {} }
        new.resume()
        source = new
    }
}

/// The hubs of all maps that somebody has read records of.
final class RecordHubs: Sendable {
    private let hubs = Mutex<[ObjectIdentifier: RecordHub]>([:])

    func hub(of map: Map) -> RecordHub {
        hubs.withLock { hubs in
            if let hub = hubs[ObjectIdentifier(map)] { return hub }
            let hub = RecordHub(map)
            hubs[ObjectIdentifier(map)] = hub
            return hub
        }
    }

    /// Ends the streams of maps that are gone.
    func keep(_ state: ControlState) {
        let gone = hubs.withLock { hubs -> [RecordHub] in
            guard !hubs.isEmpty else { return [] }
            let alive = Set(state.maps.values.map { ObjectIdentifier($0.map) })
            let gone = hubs.filter { !alive.contains($0.key) }
            for key in gone.keys { hubs[key] = nil }
            return Array(gone.values)
        }
        for hub in gone { hub.close() }
    }
}
