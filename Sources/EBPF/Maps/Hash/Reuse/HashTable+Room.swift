import Synchronization

// The table's room is spread over its writers, so that workers that insert and delete share no counter; yet a table is
// full exactly when it holds `maxEntries` elements.
extension HashTable {
    /// Elements in the table, those that are just being inserted among them.
    var count: Int {
        roomLock.lock()
        defer { roomLock.unlock() }
        var room = 0
        for writer in 0...workers { room &+= writers[writer].room }
        return max(maxEntries &- room, 0)
    }

    /// Hot path. Room for an element that `writer` inserts; false where the table is full.
    @inline(__always)
    func takeRoom(_ writer: Int) -> Bool { writers[writer].take() || moveRoom(to: writer) }

    /// Takes room from other writers, some more than for one element.
    @inline(never)
    private func moveRoom(to writer: Int) -> Bool {
        roomLock.lock()
        defer { roomLock.unlock() }
        while true {
            let before = everFreed
            for other in 0...workers {
                let taken = writers[other].takeHalf(upTo: Self.movedRoom)
                guard taken > 0 else { continue }
                if taken > 1 { writers[writer].free(taken &- 1) }
                return true
            }
            // Nobody freed any meanwhile: there was a moment without room.
            if everFreed == before { return false }
        }
    }

    private static let movedRoom = 256

    private var everFreed: Int {
        var sum = 0
        for writer in 0...workers { sum &+= writers[writer].everFreed }
        return sum
    }

    /// Whether some writer has room. Others may take it meanwhile.
    @inline(__always)
    func mayHaveRoom() -> Bool {
        for writer in 0...workers where writers[writer].room > 0 { return true }
        return false
    }
}
