import Engine
import PacketIO

/// Memory for frames that a burst makes or moves, each with room in front and behind. Emptied after each burst.
struct FrameArena {
    private let base: UnsafeMutableRawPointer
    private static let bytes = 1 << 20

    /// What a veth's XDP frames have on Linux: a page, less the headroom and `struct skb_shared_info`.
    static let frameBytes = 4096
    static let tailBytes = 320

    private(set) var used = 0

    init() { base = .allocate(byteCount: Self.bytes, alignment: 64) }

    func deallocate() { base.deallocate() }

    mutating func empty() { used = 0 }

    /// Room for a frame of `length` bytes with `PortIO.headroom` in front; nil where there is none left. There always is
    /// for a frame of 64 KiB in an empty arena.
    mutating func allocate(_ length: Int) -> UnsafeMutableRawPointer? {
        guard hasRoom(length) else { return nil }
        defer { used += Self.size(length) }
        return base + used + PortIO.headroom
    }

    func hasRoom(_ length: Int) -> Bool { used + Self.size(length) <= Self.bytes }

    private static func size(_ length: Int) -> Int { max(frameBytes, (PortIO.headroom + length + 63) & ~63) }

    /// Bytes behind a frame of this length that it may grow by.
    static func tailroom(_ length: Int) -> Int { max(0, frameBytes - tailBytes - PortIO.headroom - length) }
}

/// What a burst needs beside its frames while it goes through XDP programs.
struct ChainMemory {
    /// Frames that programs get instead of those that came.
    var arena = FrameArena()
    /// Copies of frames, for broadcasts; the frames behind a burst's own are theirs.
    var copies = FrameArena()
    var copyCount = 0
    /// The frame that the program of a map's entry runs on.
    let single = UnsafeMutablePointer<FrameContext>.allocate(capacity: 1)

    mutating func emptyCopies() {
        copies.empty()
        copyCount = 0
    }

    func deallocate() {
        arena.deallocate()
        copies.deallocate()
        single.deallocate()
    }
}
