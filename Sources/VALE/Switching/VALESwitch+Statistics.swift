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
            let links = ports.reduce(0) { $0 + $1.chain.count }
            let chainWords = UnsafeMutablePointer<UInt64>.allocate(capacity: max(links, 1) * ChainCounters.count)
            defer { chainWords.deallocate() }
            var runs: UInt64 = 0
            control.thread.perform { [table] _ in
                runs = table.pointee.runs
                words.initialize(from: table.pointee.removed.words, count: CounterBlock.count)
                var link = 0
                for (i, port) in ports.enumerated() {
                    (words + (i + 1) * CounterBlock.count).initialize(
                        from: port.record.pointee.counters.words, count: CounterBlock.count)
                    guard let chain = port.record.pointee.chain else { continue }
                    for index in 0..<chain.pointee.count {
                        (chainWords + link * ChainCounters.count).initialize(
                            from: chain.pointee.links[index].counters.words, count: ChainCounters.count)
                        link += 1
                    }
                }
            }
            var sum = PortCounters(words: words)
            var link = 0
            let infos = ports.enumerated().map { i, port in
                let counters = PortCounters(words: words + (i + 1) * CounterBlock.count)
                sum += counters
                let chain = port.chain.map { attachment in
                    defer { link += 1 }
                    return XDPAttachmentInfo(
                        attachment: attachment,
                        counters: XDPCounters(words: chainWords + link * ChainCounters.count))
                }
                return port.info(counters, chain: chain)
            }
            return SwitchStatistics(ports: infos, ledger: SwitchLedger(sum), runs: runs)
        }
    }

    public func ledger() -> SwitchLedger { statistics().ledger }

    /// Ascending by number.
    public var ports: [PortInfo] { statistics().ports }

    public func port(named name: String) -> PortInfo? { ports.first { $0.name == name } }
}
