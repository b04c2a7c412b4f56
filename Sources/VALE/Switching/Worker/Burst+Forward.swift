import Engine
import PacketIO

extension Burst {
    /// An Ethernet header: destination, source, type.
    static var minimumFrame: Int { 14 }

    /// Takes one burst from the port through its XDP programs and the switch's program to the egress ports. Hot path.
    ///
    /// - Returns: frames received.
    @inline(never)
    func forward(from port: WorkerPortPointer) -> Int {
        guard let io = port.pointee.io else { return 0 }
        let counters = port.pointee.counters
        let table = port.pointee.table
        let runsNothing = table.pointee.executable == nil && port.pointee.chain == nil
        let received = io.receive(frames, limit: runsNothing ? capacity : table.pointee.burst, drops: counters.drops)
        guard received > 0 else { return 0 }
        counters.rxFrames &+= UInt64(truncatingIfNeeded: received)
        let isTapped = table.pointee.tapCount > 0
        if isTapped { tapArrivals(received, port) }
        let usable = selectUsable(received, counters)
        if !port.pointee.isEnabled {
            counters.drops.add(.ingressDisabled, usable)
            note(first: usable, .drop(.ingressDisabled))
        } else if let chain = port.pointee.chain {
            forward(usable, from: port, through: chain)
        } else {
            var tally = BurstTally()
            decide(usable, port, &tally)
            finish(tally, port)
        }
        if isTapped { finishTaps(received, port) }
        io.release()
        return received
    }

    /// Leaves out the runts.
    ///
    /// - Returns: frames in `indices`.
    @inline(__always)
    private func selectUsable(_ received: Int, _ counters: CounterBlock) -> Int {
        var bytes = 0
        var usable = 0
        for i in 0..<received {
            let length = Int(frames[i].length)
            bytes &+= length
            indices[usable] = UInt16(truncatingIfNeeded: i)
            usable &+= length < Self.minimumFrame ? 0 : 1
        }
        counters.rxBytes &+= UInt64(truncatingIfNeeded: bytes)
        if usable < received { counters.drops.add(.runt, received &- usable) }
        return usable
    }

    /// Has the switch's program decide on the first `count` frames of `indices`.
    @inline(__always)
    func decide(_ count: Int, _ port: WorkerPortPointer, _ tally: inout BurstTally) {
        guard count > 0 else { return }
        let table = port.pointee.table
        guard let executable = table.pointee.executable else {
            port.pointee.counters.drops.add(.noProgram, count)
            note(first: count, .drop(.noProgram))
            return
        }
        let number = UInt32(port.pointee.number)
        let ifindex = port.pointee.ifindex
        for i in 0..<count {
            let frame = frames + Int(indices[i])
            (contexts + i).initialize(
                to: FrameContext(
                    data: frame.pointee.bytes, length: Int(frame.pointee.length), ingressPort: number,
                    ring: frame.pointee.ring, ingressIfindex: ifindex))
        }
        table.pointee.runs &+= UInt64(truncatingIfNeeded: count)
        executable.run(contexts, count: count, results: results, slot: Worker.slot)
        if taps.pointee.isNoting { groupNoting(count, port, &tally) } else { group(count, port, &tally) }
    }

    /// Counts, and sends what was selected.
    @inline(__always)
    func finish(_ tally: BurstTally, _ port: WorkerPortPointer) {
        let table = port.pointee.table
        tally.add(to: port.pointee.counters)
        adapt(table, outOfFuel: tally.outOfFuel > 0)
        transmit(tally.egresses, from: port)
    }

    /// Sorts the frames by egress port, after their verdicts.
    @_noAllocation @_noLocks
    private func group(_ count: Int, _ port: WorkerPortPointer, _ tally: inout BurstTally) {
        sort(count, port, &tally, notes: false)
    }

    /// The same, for taps that want to know what becomes of each.
    @_noAllocation @_noLocks @inline(never)
    private func groupNoting(_ count: Int, _ port: WorkerPortPointer, _ tally: inout BurstTally) {
        sort(count, port, &tally, notes: true)
    }

    /// - Parameter notes: a constant, so that nobody pays for what nobody wants to know.
    @inline(__always)
    private func sort(_ count: Int, _ port: WorkerPortPointer, _ tally: inout BurstTally, notes: Bool) {
        let table = port.pointee.table
        let ingress = UInt64(port.pointee.number)
        for i in 0..<count {
            let value = results[i].value
            var outcome = OutcomeCode.forward(Int(truncatingIfNeeded: value))
            if results[i].fault != .none {
                let isOutOfFuel = results[i].fault == .outOfFuel
                if isOutOfFuel { tally.outOfFuel &+= 1 } else { tally.faults &+= 1 }
                outcome = .drop(isOutOfFuel ? .programOutOfFuel : .programFault)
            } else if value < 254 {
                if value == ingress {
                    tally.backToIngress &+= 1
                    outcome = .drop(.backToIngress)
                } else if table.pointee.byNumber[Int(truncatingIfNeeded: value)] == nil {
                    tally.noSuchPort &+= 1
                    outcome = .drop(.noSuchPort)
                } else {
                    append(indices[i], to: Int(truncatingIfNeeded: value), &tally)
                }
            } else if value == 254 {
                outcome = flood(indices[i], port, &tally) ? .broadcast : .drop(.noOtherPort)
            } else if value == 255 {
                tally.programDrops &+= 1
                outcome = .drop(.programDrop)
            } else {
                tally.invalidVerdicts &+= 1
                outcome = .drop(.invalidVerdict)
            }
            if notes { taps.pointee.note(indices[i], outcome) }
        }
    }

    @inline(__always)
    func append(_ frame: UInt16, to egress: Int, _ tally: inout BurstTally) {
        let count = Int(counts[egress])
        if count == 0 {
            touched[tally.egresses] = UInt8(truncatingIfNeeded: egress)
            tally.egresses &+= 1
        }
        selections[egress &* capacity &+ count] = frame
        counts[egress] = UInt16(truncatingIfNeeded: count &+ 1)
    }

    /// False: there is no other port.
    @inline(__always)
    private func flood(_ frame: UInt16, _ port: WorkerPortPointer, _ tally: inout BurstTally) -> Bool {
        let table = port.pointee.table
        let ingress = port.pointee.number
        var copies = 0
        for i in 0..<table.pointee.floodCount {
            let egress = table.pointee.flood[i]
            if egress == ingress { continue }
            append(frame, to: Int(egress), &tally)
            copies &+= 1
        }
        if copies == 0 { tally.noOtherPort &+= 1 } else { tally.generated &+= copies &- 1 }
        return copies > 0
    }

    /// A whole burst of runs that each end for want of fuel may take seconds.
    @inline(__always)
    private func adapt(_ table: SwitchTablePointer, outOfFuel: Bool) {
        if outOfFuel {
            table.pointee.burst = max(1, table.pointee.burst / 4)
        } else if table.pointee.burst < capacity {
            table.pointee.burst = min(capacity, table.pointee.burst &* 2)
        }
    }

    /// Sends each egress port its frames in one go, and empties the selections.
    @inline(__always)
    func transmit(_ egresses: Int, from ingress: WorkerPortPointer) {
        let table = ingress.pointee.table
        for i in 0..<egresses {
            let number = Int(touched[i])
            let count = Int(counts[number])
            counts[number] = 0
            guard let egress = table.pointee.byNumber[number] else { continue }
            if table.pointee.tapCount == 0 {
                _ = send(count, to: egress)
            } else {
                sendTapped(count, to: egress, from: ingress)
            }
        }
    }

    /// - Returns: frames that the port took.
    @inline(__always)
    func send(_ count: Int, to egress: WorkerPortPointer) -> Int {
        let counters = egress.pointee.counters
        guard egress.pointee.isEnabled else {
            counters.drops.add(.egressDisabled, count)
            return 0
        }
        guard let io = egress.pointee.io, egress.pointee.isLinkUp else {
            counters.drops.add(.linkDown, count)
            return 0
        }
        let selection = selections + Int(egress.pointee.number) &* capacity
        let sent = io.transmit(frames, selection, count: count, ring: 0, drops: counters.drops)
        counters.txFrames &+= UInt64(truncatingIfNeeded: sent.frames)
        counters.txBytes &+= UInt64(truncatingIfNeeded: sent.bytes)
        return sent.frames
    }
}
