import Engine
import PacketIO

/// A switch whose forwarding decision is an eBPF program: for each frame it names the egress port 0 to 253, 254 for all
/// ports but the ingress, or 255 to drop it.
///
/// Any thread may call, but for the dataplane's own. A change takes effect between two bursts, and is complete when the
/// call returns.
public final class VALESwitch: @unchecked Sendable {
    public static let maximumPorts = SwitchTable.maximumPorts

    public let name: String
    let control: Control
    let table: SwitchTablePointer

    // Under the control lock.
    var byName: [String: Port] = [:]
    var attached: Program?
    var taps: [FrameTap] = []
    private var isRemoved = false

    /// Under the control lock.
    init(_ name: String, _ control: Control) {
        self.name = name
        self.control = control
        table = .allocate(capacity: 1)
        table.initialize(to: SwitchTable())
        control.thread.perform { [table] in $0.pointee.link(table) }
    }

    deinit {
        table.pointee.deallocate()
        table.deallocate()
    }

    /// Under the control lock.
    func close() {
        for port in byName.values { take(port) }
        for tap in taps { end(tap) }
        control.thread.perform { [table] in
            $0.pointee.unlink(table)
            table.pointee.attach(nil)
        }
        attached = nil
        isRemoved = true
    }

    // MARK: Program

    public var program: Program? { control.withLock { attached } }

    /// nil takes the program away: every frame is then a drop, `noProgram`.
    public func setProgram(_ program: Program?) throws(SwitchError) {
        if let program, program.type != .vale { throw .wrongProgramType(program.type) }
        try control.withLock { () throws(SwitchError) in
            try checkIsThere()
            control.thread.perform { [table] _ in table.pointee.attach(program?.executable) }
            // Nobody runs the old one any more, so that it may go.
            attached = program
        }
    }

    // MARK: Ports

    /// - Parameters:
    ///   - number: 0 to 253; the lowest free one where it is nil.
    ///   - ifindex: of a port in memory that takes the place of one that was removed; another one where it is nil.
    ///   - chain: its XDP programs, from the first frame on.
    @discardableResult
    public func addPort(
        _ name: String, _ backend: PortBackend, number: UInt8? = nil, ifindex: UInt32? = nil, isAdminUp: Bool = true,
        chain: [XDPAttachment] = [], isTimed: Bool = false
    ) throws(SwitchError) -> PortInfo {
        try check(chain)
        return try control.withLock { () throws(SwitchError) -> PortInfo in
            try checkIsThere()
            guard !name.isEmpty else { throw .invalidName(name) }
            guard byName[name] == nil else { throw .portExists(name) }
            let number = try choose(number)
            if let interface = backend.interface, control.claims[interface] != nil { throw .interfaceInUse(interface) }
            let port = Port(
                name: name, number: number, serial: control.assignSerial(), backend: backend, table: table,
                isAdminUp: isAdminUp)
            switch backend {
            case .memory(let memory): port.use(.memory(memory), ifindex: ifindex ?? control.assignIfindex())
            case .interface(_, _, let mayBeAbsent):
                do throws(PortError) {
                    try control.open(port)
                } catch .noSuchInterface(let interface) {
                    if !mayBeAbsent { throw .noSuchInterface(interface) }
                } catch {
                    throw .port(error)
                }
            }
            byName[name] = port
            if let interface = backend.interface { control.claims[interface] = port }
            let programs = ChainChange(port: port, chain: chain, isTimed: isTimed)
            for tap in taps { tap.know(port) }
            control.thread.perform { [taps] worker in
                programs.takeUp()
                for tap in taps { tap.worker.pointee.meet(port.record, isWanted: tap.wants(port)) }
                worker.pointee.link(port.record)
                if let io = port.io {
                    worker.pointee.attach(io, ifindex: port.ifindex, isLinkUp: port.state == .up, to: port.record)
                }
            }
            programs.finish()
            return port.info(PortCounters())
        }
    }

    /// What the port has received before is forwarded first. Its counts stay in the switch's ledger.
    ///
    /// - Returns: the port as it was at its end.
    @discardableResult
    public func removePort(_ name: String) throws(SwitchError) -> PortInfo {
        try control.withLock { () throws(SwitchError) -> PortInfo in take(try port(name)) }
    }

    /// A port that is administratively down drops what it receives and what is sent to it.
    public func setAdminState(_ name: String, isUp: Bool) throws(SwitchError) {
        try control.withLock { () throws(SwitchError) in
            let port = try port(name)
            port.isAdminUp = isUp
            control.thread.perform { [table] _ in
                port.record.pointee.isEnabled = isUp
                table.pointee.rebuild()
            }
        }
    }

    // MARK: Under the control lock

    func checkIsThere() throws(SwitchError) {
        if isRemoved { throw .noSuchSwitch(name) }
    }

    func port(_ name: String) throws(SwitchError) -> Port {
        guard let port = byName[name] else { throw .noSuchPort(name) }
        return port
    }

    private func choose(_ number: UInt8?) throws(SwitchError) -> UInt8 {
        let taken = Set(byName.values.map(\.number))
        if let number {
            guard number < Self.maximumPorts else { throw .invalidPortNumber(number) }
            guard !taken.contains(number) else { throw .portNumberTaken(number) }
            return number
        }
        guard let free = (0..<UInt8(Self.maximumPorts)).first(where: { !taken.contains($0) }) else {
            throw .switchFull
        }
        return free
    }

    @discardableResult
    private func take(_ port: Port) -> PortInfo {
        port.io?.refuseFrames()
        control.thread.perform { $0.pointee.unlink(port.record) }
        byName[port.name] = nil
        if let interface = port.backend.interface { control.claims[interface] = nil }
        port.close()
        return port.info(PortCounters(words: port.record.pointee.counters.words))
    }
}
