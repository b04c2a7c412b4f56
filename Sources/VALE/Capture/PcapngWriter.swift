/// Blocks of a pcapng file (draft-ietf-opsawg-pcapng), little endian, for Ethernet frames with times in nanoseconds.
struct PcapngWriter {
    /// What was written and not taken yet: whole blocks.
    private(set) var bytes: [UInt8] = []
    private(set) var interfaces: UInt32 = 0

    private enum Block: UInt32 {
        case section = 0x0A0D_0D0A
        case interface = 1
        case interfaceStatistics = 5
        case enhancedPacket = 6
    }

    private enum Option {
        static let end: UInt16 = 0
        static let comment: UInt16 = 1
        static let userApplication: UInt16 = 4
        static let interfaceName: UInt16 = 2
        static let timeResolution: UInt16 = 9
        static let packetFlags: UInt16 = 2
        static let packetDropCount: UInt16 = 4
        static let packetVerdict: UInt16 = 7
        static let statisticsDropped: UInt16 = 5
    }

    enum Direction: UInt32 { case inbound = 1, outbound = 2 }

    /// Options of a packet.
    struct PacketOptions {
        var comment: [UInt8]
        var direction: Direction
        /// Frames of the interface that are missing since the one before.
        var dropCount: UInt64 = 0
        /// `enum xdp_action`, where an XDP program decided.
        var xdpVerdict: UInt64?
    }

    mutating func take() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    mutating func section(application: String) {
        block(.section) {
            $0.append(UInt32(0x1A2B_3C4D))
            $0.append(UInt16(1))
            $0.append(UInt16(0))
            // Of any length.
            $0.append(UInt64.max)
            $0.option(Option.userApplication, application.utf8)
            $0.endOfOptions()
        }
    }

    /// - Returns: its number.
    mutating func interface(name: String, snaplen: Int) -> UInt32 {
        defer { interfaces += 1 }
        block(.interface) {
            // LINKTYPE_ETHERNET
            $0.append(UInt16(1))
            $0.append(UInt16(0))
            $0.append(UInt32(snaplen))
            $0.option(Option.interfaceName, name.utf8)
            $0.option(Option.timeResolution, CollectionOfOne(9))
            $0.endOfOptions()
        }
        return interfaces
    }

    /// - Parameters:
    ///   - captured: the first bytes of the frame.
    ///   - length: of the whole frame.
    mutating func packet(
        interface: UInt32, nanoseconds: UInt64, captured: UnsafeRawBufferPointer, length: Int, _ options: PacketOptions
    ) {
        block(.enhancedPacket) {
            $0.append(interface)
            $0.append(time: nanoseconds)
            $0.append(UInt32(captured.count))
            $0.append(UInt32(length))
            $0.appendPadded(captured)
            if !options.comment.isEmpty { $0.option(Option.comment, options.comment) }
            $0.option(Option.packetFlags, options.direction.rawValue)
            if options.dropCount > 0 { $0.option(Option.packetDropCount, options.dropCount) }
            if let verdict = options.xdpVerdict {
                // Type 2: XDP.
                let bytes = withUnsafeBytes(of: verdict.littleEndian) { [2] + Array($0) }
                $0.option(Option.packetVerdict, bytes)
            }
            $0.endOfOptions()
        }
    }

    mutating func statistics(interface: UInt32, nanoseconds: UInt64, dropped: UInt64) {
        block(.interfaceStatistics) {
            $0.append(interface)
            $0.append(time: nanoseconds)
            $0.option(Option.statisticsDropped, dropped)
            $0.endOfOptions()
        }
    }

    // MARK: Parts of blocks

    private mutating func block(_ type: Block, _ body: (inout PcapngWriter) -> Void) {
        let start = bytes.count
        append(type.rawValue)
        append(UInt32(0))
        body(&self)
        let length = UInt32(bytes.count - start + 4)
        append(length)
        withUnsafeBytes(of: length.littleEndian) { bytes.replaceSubrange(start + 4..<start + 8, with: $0) }
    }

    private mutating func option(_ code: UInt16, _ value: some Collection<UInt8>) {
        append(code)
        append(UInt16(value.count))
        appendPadded(value)
    }

    private mutating func option(_ code: UInt16, _ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { option(code, $0) }
    }

    private mutating func endOfOptions() {
        append(Option.end)
        append(UInt16(0))
    }

    /// The upper half first.
    private mutating func append(time: UInt64) {
        append(UInt32(truncatingIfNeeded: time >> 32))
        append(UInt32(truncatingIfNeeded: time))
    }

    private mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// To a multiple of 4 bytes.
    private mutating func appendPadded(_ value: some Collection<UInt8>) {
        bytes.append(contentsOf: value)
        bytes.append(contentsOf: repeatElement(0, count: -value.count & 3))
    }
}
