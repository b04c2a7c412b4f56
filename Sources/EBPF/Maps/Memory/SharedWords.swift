import Synchronization

// Keys and values are read and written by several threads at once. Every access is a relaxed atomic one to an aligned
// word of 8 bytes: a plain move on the machines at hand, and defined when it races. Storage is always a whole number
// of words, so that the last word can be stored with zeros after the last byte.
extension UnsafeMutableRawPointer {
    @inline(__always)
    func atomic64(_ offset: Int = 0) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (self + offset).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    @inline(__always)
    func atomic32(_ offset: Int = 0) -> UnsafeMutablePointer<Atomic<UInt32>> {
        (self + offset).assumingMemoryBound(to: Atomic<UInt32>.self)
    }

    /// Hot path. Stores `bytes` bytes of `source`, which no other thread writes, as words.
    @inline(__always)
    func storeWords(from source: UnsafeRawPointer, bytes: Int) {
        var offset = 0
        while offset &+ 8 <= bytes {
            let word = source.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            atomic64(offset).pointee.store(word, ordering: .relaxed)
            offset &+= 8
        }
        if offset < bytes {
            atomic64(offset).pointee.store((source + offset).tail(bytes &- offset), ordering: .relaxed)
        }
    }

    /// Hot path. Stores zeros into the words of `bytes` bytes.
    @inline(__always)
    func storeZeros(bytes: Int) {
        var offset = 0
        while offset < bytes {
            atomic64(offset).pointee.store(0, ordering: .relaxed)
            offset &+= 8
        }
    }

    /// Copies `bytes` bytes from words here to `target`, which no other thread uses.
    @inline(__always)
    func loadWords(to target: UnsafeMutableRawPointer, bytes: Int) {
        var offset = 0
        while offset &+ 8 <= bytes {
            target.storeBytes(
                of: atomic64(offset).pointee.load(ordering: .relaxed), toByteOffset: offset, as: UInt64.self)
            offset &+= 8
        }
        if offset < bytes {
            var word = atomic64(offset).pointee.load(ordering: .relaxed)
            while offset < bytes {
                target.storeBytes(of: UInt8(truncatingIfNeeded: word), toByteOffset: offset, as: UInt8.self)
                word &>>= 8
                offset &+= 1
            }
        }
    }
}

extension UnsafeRawPointer {
    /// `count` bytes (1 to 7) as a little-endian word with zeros after them; reads not a byte more.
    @inline(__always)
    func tail(_ count: Int) -> UInt64 {
        if count >= 4 {
            let low = UInt64(UInt32(littleEndian: loadUnaligned(as: UInt32.self)))
            let high = UInt64(UInt32(littleEndian: loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)))
            return low | high &<< UInt64(truncatingIfNeeded: 8 &* (count &- 4))
        }
        var word: UInt64 = 0
        for index in 0..<count {
            word |= UInt64(load(fromByteOffset: index, as: UInt8.self)) &<< UInt64(truncatingIfNeeded: 8 &* index)
        }
        return word
    }
}

@inline(__always)
func roundUp8(_ bytes: Int) -> Int { (bytes &+ 7) & ~7 }
