import Engine

/// What the worker holds of a switch: its program and its ports by number and in a row. Worker only while linked.
struct SwitchTable {
    static let maximumPorts = 254

    private(set) var executable: Executable?
    /// Frames of a burst. Few while a program is new or runs out of fuel: commands wait for the end of a burst.
    var burst = 1
    /// Frames that a program ran for.
    var runs: UInt64 = 0
    /// 256 entries, so that any byte is an index.
    let byNumber: UnsafeMutablePointer<WorkerPortPointer?>
    /// Ascending by number.
    let ports: UnsafeMutablePointer<WorkerPortPointer>
    var portCount = 0
    /// Numbers of the ports that broadcasts go to, ascending.
    let flood: UnsafeMutablePointer<UInt8>
    var floodCount = 0
    /// Up to `VALESwitch.maximumTaps`.
    let taps: UnsafeMutablePointer<WorkerTapPointer>
    private(set) var tapCount = 0
    /// By interface index, for redirects: 512 entries, open addressing.
    private let byIfindex: UnsafeMutablePointer<WorkerPortPointer?>
    /// Sums of the ports that were removed.
    let removed: CounterBlock

    init() {
        byNumber = .allocate(capacity: 256)
        byNumber.initialize(repeating: nil, count: 256)
        ports = .allocate(capacity: Self.maximumPorts)
        flood = .allocate(capacity: Self.maximumPorts)
        taps = .allocate(capacity: VALESwitch.maximumTaps)
        byIfindex = .allocate(capacity: Self.indexEntries)
        byIfindex.initialize(repeating: nil, count: Self.indexEntries)
        removed = .allocate()
    }

    func deallocate() {
        byNumber.deallocate()
        ports.deallocate()
        flood.deallocate()
        taps.deallocate()
        byIfindex.deallocate()
        removed.deallocate()
    }

    mutating func attach(_ executable: Executable?) {
        self.executable = executable
        restartBursts()
    }

    /// A program is new.
    mutating func restartBursts() { burst = 1 }

    mutating func insert(_ port: WorkerPortPointer) {
        byNumber[Int(port.pointee.number)] = port
        rebuild()
    }

    /// The port's counters stay in the sums of the switch.
    mutating func remove(_ port: WorkerPortPointer) {
        byNumber[Int(port.pointee.number)] = nil
        removed.add(port.pointee.counters)
        rebuild()
    }

    /// After a port came, went, or changed its state.
    mutating func rebuild() {
        portCount = 0
        floodCount = 0
        byIfindex.update(repeating: nil, count: Self.indexEntries)
        for number in 0..<Self.maximumPorts {
            guard let port = byNumber[number] else { continue }
            ports[portCount] = port
            portCount += 1
            index(port)
            if port.pointee.isFloodTarget {
                flood[floodCount] = UInt8(number)
                floodCount += 1
            }
        }
    }

    // MARK: Taps

    mutating func add(_ tap: WorkerTapPointer) {
        taps[tapCount] = tap
        tapCount += 1
    }

    mutating func remove(_ tap: WorkerTapPointer) {
        guard let index = (0..<tapCount).first(where: { taps[$0] == tap }) else { return }
        tapCount -= 1
        for i in index..<tapCount { taps[i] = taps[i + 1] }
    }

    // MARK: By interface index

    private static let indexEntries = 512

    private static func slot(_ ifindex: UInt32) -> Int { Int((ifindex &* 0x9e37_79b9) >> 23) }

    private func index(_ port: WorkerPortPointer) {
        guard port.pointee.ifindex != 0 else { return }
        var slot = Self.slot(port.pointee.ifindex)
        while byIfindex[slot] != nil { slot = (slot + 1) % Self.indexEntries }
        byIfindex[slot] = port
    }

    /// The port of an interface. Hot path.
    func port(ifindex: UInt32) -> WorkerPortPointer? {
        var slot = Self.slot(ifindex)
        while let port = byIfindex[slot] {
            if port.pointee.ifindex == ifindex { return port }
            slot = (slot &+ 1) & (Self.indexEntries &- 1)
        }
        return nil
    }
}

typealias SwitchTablePointer = UnsafeMutablePointer<SwitchTable>
