import PacketIO

/// Frames that lie one behind the other, at multiples of 64 bytes.
final class FrameSet {
    let frames: [UnsafeRawBufferPointer]
    let stride: Int
    let memory: UnsafeMutableRawPointer

    /// - Parameter isAnswer: from port 1 to port 0.
    init(_ scenario: ForwardingScenario, isAnswer: Bool) {
        stride = (scenario.length + 63) & ~63
        memory = .allocate(byteCount: ForwardingScenario.burst * stride, alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: ForwardingScenario.burst * stride)
        var frames: [UnsafeRawBufferPointer] = []
        for number in 0..<ForwardingScenario.burst {
            let frame = memory + number * stride
            let header = Self.header(number % scenario.addresses, isAnswer: isAnswer)
            frame.copyMemory(from: header, byteCount: header.count)
            frames.append(UnsafeRawBufferPointer(start: frame, count: scenario.length))
        }
        self.frames = frames
    }

    /// As many of them as the port has room for.
    func inject(_ range: Range<Int>, to port: MemoryPort) -> Int {
        frames.withUnsafeBufferPointer { port.inject(UnsafeBufferPointer(rebasing: $0[range])) }
    }

    deinit { memory.deallocate() }

    /// From host `number` of port 0 to host `number` of port 1, or back.
    private static func header(_ number: Int, isAnswer: Bool) -> [UInt8] {
        let low = UInt8(truncatingIfNeeded: number)
        let near: [UInt8] = [2, 0, 0, 0, 0, low]
        let far: [UInt8] = [2, 0, 0, 0, 1, low &* 73 &+ 1]
        return (isAnswer ? near + far : far + near) + [0x88, 0xb5]
    }
}
