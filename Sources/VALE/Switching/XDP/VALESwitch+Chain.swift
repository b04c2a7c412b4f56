import Engine
import PacketIO

extension VALESwitch {
    /// Sets the XDP programs that frames from a port go through before the switch. Counters go on where programs of the
    /// same names are in the same places, and begin anew otherwise.
    ///
    /// - Parameter isTimed: runs are timed, which costs two looks at the clock for each program and burst.
    public func setChain(_ name: String, _ chain: [XDPAttachment], isTimed: Bool = false) throws(SwitchError) {
        try check(chain)
        try control.withLock { () throws(SwitchError) in
            let change = ChainChange(port: try port(name), chain: chain, isTimed: isTimed)
            control.thread.perform { _ in change.takeUp() }
            change.finish()
        }
    }

    func check(_ chain: [XDPAttachment]) throws(SwitchError) {
        guard chain.count <= XDPAttachment.maximumPrograms else { throw .chainTooLong(chain.count) }
        for attachment in chain {
            let program = attachment.program
            guard program.type == .xdp else { throw .notXDP(program.type) }
            guard program.code.attachPoint.point == .interface else { throw .notForPorts(program.name) }
        }
    }
}

/// A port's new chain on its way to the worker.
struct ChainChange {
    private let port: Port
    private let chain: [XDPAttachment]
    private let made: WorkerChainPointer?
    private let old: WorkerChainPointer?
    private let keepsCounters: Bool

    /// Under the control lock.
    init(port: Port, chain: [XDPAttachment], isTimed: Bool) {
        self.port = port
        self.chain = chain.inChainOrder(\.priority)
        made = Port.workerChain(self.chain, isTimed: isTimed)
        old = port.record.pointee.chain
        keepsCounters = self.chain.map(\.program.name) == port.chain.map(\.program.name)
    }

    /// Worker only, between two bursts.
    func takeUp() {
        if keepsCounters, let old, let made { made.pointee.takeCounters(of: old.pointee) }
        port.record.pointee.chain = made
        port.record.pointee.table.pointee.restartBursts()
    }

    /// Under the control lock, once the worker has taken it up: nobody runs the old programs any more, so that they may go.
    func finish() { port.changed(to: chain, from: old) }
}

extension Array {
    /// In the order in which a chain runs: lowest priority first, those of the same priority as they came.
    public func inChainOrder(_ priority: (Element) -> Int) -> [Element] {
        enumerated().sorted { (priority($0.element), $0.offset) < (priority($1.element), $1.offset) }.map(\.element)
    }
}
