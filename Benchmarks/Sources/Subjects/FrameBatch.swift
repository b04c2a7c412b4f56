import CBaselines
import Engine

/// A burst of frames of 64 bytes in memory of their own, as Swale takes it and as native code does.
///
/// UDP over IPv4 from 10.1.2.3 to port 80 of 192.0.2.1; the port that they came in at is 1.
public final class FrameBatch: @unchecked Sendable {
    public static let frameSize = 64
    public static let count = 256

    private let memory: UnsafeMutableRawPointer
    public let contexts: UnsafeMutablePointer<FrameContext>
    public let results: UnsafeMutablePointer<RunResult>
    public let nativeFrames: UnsafeMutablePointer<native_frame>
    public let nativeResults: UnsafeMutablePointer<native_result>

    /// What differs between frames.
    public enum Variety: Sendable {
        /// One flow: all frames are the same.
        case none
        /// Frame `n` is from MAC `n` to MAC `n * 73 + 1`, of 256.
        case macs
        /// The source port, of 256.
        case ports
    }

    public init(_ variety: Variety) {
        let size = Self.frameSize
        memory = .allocate(byteCount: Self.count * size, alignment: size)
        contexts = .allocate(capacity: Self.count)
        results = .allocate(capacity: Self.count)
        results.initialize(repeating: RunResult(), count: Self.count)
        nativeFrames = .allocate(capacity: Self.count)
        nativeResults = .allocate(capacity: Self.count)
        nativeResults.initialize(repeating: native_result(), count: Self.count)
        for number in 0..<Self.count {
            let frame = memory + number * size
            frame.initializeMemory(as: UInt8.self, from: Self.bytes(number, variety), count: size)
            var context = FrameContext(data: frame, length: size, ingressPort: 1, ingressIfindex: 1)
            context.egressIfindex = 1
            (contexts + number).initialize(to: context)
            var native = native_frame()
            (native.data, native.data_end, native.data_meta) = (frame, frame + size, frame)
            (native.ingress_port, native.ingress_ifindex, native.egress_ifindex) = (1, 1, 1)
            (nativeFrames + number).initialize(to: native)
        }
    }

    deinit {
        memory.deallocate()
        contexts.deallocate()
        results.deallocate()
        nativeFrames.deallocate()
        nativeResults.deallocate()
    }

    /// The bytes of the first frame.
    public var first: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: memory, count: Self.frameSize)
    }

    /// Exchanges source and destination of every frame, as in answers.
    public func swapAddresses() {
        for number in 0..<Self.count {
            let frame = memory.assumingMemoryBound(to: UInt8.self) + number * Self.frameSize
            for byte in 0..<6 {
                let destination = frame[byte]
                frame[byte] = frame[byte + 6]
                frame[byte + 6] = destination
            }
        }
    }

    /// Writes a number where programs that fill maps look for it: the first four bytes of the first frame.
    public func setBlock(_ number: Int) { memory.storeBytes(of: UInt32(number), as: UInt32.self) }

    private static func bytes(_ number: Int, _ variety: Variety) -> [UInt8] {
        let low = UInt8(truncatingIfNeeded: number)
        let isVaried = variety == .macs
        let ethernet: [UInt8] =
            [2, 0, 0, 0, 0, isVaried ? low &* 73 &+ 1 : 0xbb] + [2, 0, 0, 0, 0, isVaried ? low : 0xaa] + [8, 0]
        // The checksum is any: programs change it by what they change.
        let ip: [UInt8] = [0x45, 0, 0, 50, 0, 0, 0, 0, 64, 17, 0, 0, 10, 1, 2, 3, 192, 0, 2, 1]
        let udp: [UInt8] = [0x40, variety == .ports ? low : 0, 0, 80, 0, 30, 0, 0]
        let headers = ethernet + ip + udp
        return headers + [UInt8](repeating: 0, count: frameSize - headers.count)
    }
}
