import Testing

/// A program of Tests/Fixtures/xdp/programs, what its maps hold before, and the packets that it is run on.
struct Scenario: Sendable, CustomTestStringConvertible {
    /// Folder and name of the C file: `filter/prefixes`.
    var source: String
    /// The entry function; nil where the object has one program.
    var function: String?
    /// Values of `volatile const` globals.
    var constants: [(name: String, bytes: [UInt8])] = []
    /// In the order in which they are written.
    var entries: [Entry] = []
    /// Each at least 14 bytes, as Linux has it.
    var packets: [Packet]
    /// Byte ranges of values that may differ, by map: times, random numbers.
    var ignored: [String: [Range<Int>]] = [:]
    /// What routes are looked up in; nil: nobody asks.
    var network: RoutedNetwork?

    var testDescription: String { function.map { "\(source), \($0)" } ?? source }

    init(
        _ source: String, function: String? = nil, constants: [(name: String, bytes: [UInt8])] = [],
        entries: [Entry] = [], packets: [Packet], ignored: [String: [Range<Int>]] = [:],
        network: RoutedNetwork? = nil
    ) {
        self.source = source
        self.function = function
        self.constants = constants
        self.entries = entries
        self.packets = packets
        self.ignored = ignored
        self.network = network
    }

    struct Entry: Sendable {
        var map: String
        var key: [UInt8]
        var content: Content

        init(_ map: String, _ key: [UInt8], _ value: [UInt8]) {
            self.init(map, key, .value(value))
        }

        init(_ map: String, _ key: [UInt8], _ content: Content) {
            self.map = map
            self.key = key
            self.content = content
        }
    }

    enum Content: Sendable {
        /// What a program finds; in a per-CPU map for the one CPU that programs run on.
        case value([UInt8])
        /// For maps of maps: a map as the outer one asks for, with these entries.
        case map([(key: [UInt8], value: [UInt8])])
    }
}

/// A packet with what is in front of it.
struct Packet: Hashable, Sendable, ExpressibleByArrayLiteral {
    var bytes: [UInt8]
    var metadata: [UInt8] = []

    init(_ bytes: [UInt8], metadata: [UInt8] = []) {
        self.bytes = bytes
        self.metadata = metadata
    }

    init(arrayLiteral elements: UInt8...) { bytes = elements }

    /// The shortest that Linux runs a program on.
    static let shortest = 14
}
