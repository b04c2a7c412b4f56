import Glibc
import Synchronization

extension HashTable {
    /// Copies the first element at or behind slot number `position`, and moves `position` behind it.
    ///
    /// What `copy` copied counts only if nobody wrote in the bucket meanwhile, else it is called again.
    @inline(__always)
    func next(from position: inout Int, _ copy: (Place) -> Void) -> Bool {
        var bucket = position / width
        var index = position % width
        var backoff = Backoff()
        var attempts = 0
        while bucket < Int(buckets) {
            let header = header(bucket)
            let version = header.version.pointee.load(ordering: .acquiring)
            let tags = header.tags.pointee.load(ordering: .acquiring)
            let live = (tags & tagMask) &>> UInt64(truncatingIfNeeded: 8 &* index)
            guard live != 0 else {
                bucket &+= 1
                index = 0
                continue
            }
            let found = index &+ live.trailingZeroBitCount &>> 3
            let place = Place(bucket: bucket, index: found, slot: slot(bucket, found), version: version)
            if attempts < 64 {
                if version & 1 == 0 {
                    copy(place)
                    atomicMemoryFence(ordering: .acquiring)
                    if header.version.pointee.load(ordering: .relaxed) == version {
                        position = number(bucket, found) &+ 1
                        return true
                    }
                }
                attempts &+= 1
                backoff.pause()
                continue
            }
            // Written to all the time: keep the writers out.
            header.lock()
            let isLive = header.tags.pointee.load(ordering: .relaxed) &>> UInt64(8 * found) & 0x80 != 0
            if isLive { copy(place) }
            header.unlock()
            if isLive {
                position = number(bucket, found) &+ 1
                return true
            }
        }
        position = Int(buckets) &* width
        return false
    }
}
