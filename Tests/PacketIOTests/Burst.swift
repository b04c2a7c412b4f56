import PacketIO

/// A worker's memory for one burst, with drop counters.
final class Burst {
    let frames = UnsafeMutablePointer<Frame>.allocate(capacity: 256)
    let selection = UnsafeMutablePointer<UInt16>.allocate(capacity: 1024)
    let drops = DropCounters.allocate()

    deinit {
        frames.deallocate()
        selection.deallocate()
        drops.deallocate()
    }

    func bytes(_ index: Int) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: frames[index].bytes, count: Int(frames[index].length)))
    }

    /// Receives, copies and releases.
    func receive(from port: PortIO, limit: Int = 256) -> [(bytes: [UInt8], offload: FrameOffload)] {
        let count = port.receive(frames, limit: limit, drops: drops)
        let received = (0..<count).map { (bytes($0), frames[$0].offload) }
        port.release()
        return received
    }

    /// Transmits copies of `contents`, with headroom.
    func transmit(_ contents: [[UInt8]], offload: FrameOffload = .none, to port: PortIO) -> (frames: Int, bytes: Int) {
        var buffers: [UnsafeMutableRawPointer] = []
        for (index, bytes) in contents.enumerated() {
            let buffer = UnsafeMutableRawPointer.allocate(byteCount: PortIO.headroom + bytes.count, alignment: 64)
            bytes.withUnsafeBytes { (buffer + PortIO.headroom).copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
            buffers.append(buffer)
            frames[index] = Frame(
                bytes: buffer + PortIO.headroom, length: UInt32(bytes.count), offload: offload)
            selection[index] = UInt16(index)
        }
        defer { for buffer in buffers { buffer.deallocate() } }
        return port.transmit(frames, selection, count: contents.count, ring: 0, drops: drops)
    }
}
