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
    /// Sums of the ports that were removed.
    let removed: CounterBlock

    init() {
        byNumber = .allocate(capacity: 256)
        byNumber.initialize(repeating: nil, count: 256)
        ports = .allocate(capacity: Self.maximumPorts)
        flood = .allocate(capacity: Self.maximumPorts)
        removed = .allocate()
    }

    func deallocate() {
        byNumber.deallocate()
        ports.deallocate()
        flood.deallocate()
        removed.deallocate()
    }

    mutating func attach(_ executable: Executable?) {
        self.executable = executable
        burst = 1
    }

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
        for number in 0..<Self.maximumPorts {
            guard let port = byNumber[number] else { continue }
            ports[portCount] = port
            portCount += 1
            if port.pointee.isFloodTarget {
                flood[floodCount] = UInt8(number)
                floodCount += 1
            }
        }
    }
}

typealias SwitchTablePointer = UnsafeMutablePointer<SwitchTable>
