import PacketIO

/// A switch's counts, all of one moment.
public struct SwitchStatistics: Sendable {
    /// Ascending by number.
    public var ports: [PortInfo]
    public var ledger: SwitchLedger
    /// Frames that a program ran for.
    public var runs: UInt64
    /// Runs that ended in a fault, the end of fuel included.
    public var faults: UInt64 {
        ledger.drops[.programFault, default: 0] &+ ledger.drops[.programOutOfFuel, default: 0]
    }
}

extension VALESwitch {
    /// Taken by the worker between two bursts.
    public func statistics() -> SwitchStatistics {
        control.withLock {
            let ports = byName.values.sorted { $0.number < $1.number }
            // The worker only copies words; control makes values of them.
            let words = UnsafeMutablePointer<UInt64>.allocate(capacity: (ports.count + 1) * CounterBlock.count)
            defer { words.deallocate() }
            var runs: UInt64 = 0
            control.thread.perform { [table] _ in
                runs = table.pointee.runs
                words.initialize(from: table.pointee.removed.words, count: CounterBlock.count)
                for (i, port) in ports.enumerated() {
                    (words + (i + 1) * CounterBlock.count).initialize(
                        from: port.record.pointee.counters.words, count: CounterBlock.count)
                }
            }
            var sum = PortCounters(words: words)
            let infos = ports.enumerated().map { i, port in
                let counters = PortCounters(words: words + (i + 1) * CounterBlock.count)
                sum += counters
                return port.info(counters)
            }
            return SwitchStatistics(ports: infos, ledger: SwitchLedger(sum), runs: runs)
        }
    }

    public func ledger() -> SwitchLedger { statistics().ledger }

    /// Ascending by number.
    public var ports: [PortInfo] { statistics().ports }

    public func port(named name: String) -> PortInfo? { ports.first { $0.name == name } }
}
