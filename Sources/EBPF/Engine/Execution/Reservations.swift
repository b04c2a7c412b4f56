import Maps

/// A record that a run has reserved in a ring buffer and not handed on yet.
struct Reservation {
    var record: UnsafeMutableRawPointer
    var bytes: Int
    var map: UnsafeMutablePointer<MapCore>

    func contains(_ address: UInt, _ size: UInt) -> Bool {
        let offset = address &- UInt(bitPattern: record)
        return offset <= UInt(bytes) && size <= UInt(bytes) - offset
    }
}

/// The records that runs of one burst have reserved and not handed on. A verified program hands on all of them, unless it
/// runs out of fuel before: what is left is discarded when the burst ends.
struct Reservations {
    private var held = InlineArray<32, Reservation?>(repeating: nil)
    private(set) var count = 0

    /// Without room nothing is reserved: for programs as if the ring were full.
    var hasRoom: Bool { count < held.count }

    mutating func add(_ reservation: Reservation) {
        held[count] = reservation
        count += 1
    }

    /// Mostly the last one.
    mutating func remove(_ record: UInt) -> Reservation? {
        for index in (0..<count).reversed() {
            guard let found = held[index], UInt(bitPattern: found.record) == record else { continue }
            for later in index..<count - 1 { held[later] = held[later + 1] }
            count -= 1
            return found
        }
        return nil
    }

    func contains(_ address: UInt, _ size: UInt) -> Bool {
        for index in 0..<count where held[index]?.contains(address, size) ?? false { return true }
        return false
    }

    mutating func discardAll() {
        for index in 0..<count {
            if let left = held[index] { left.map.pointee.commitRecord(left.record, discard: true, flags: 0) }
        }
        count = 0
    }
}
