import Engine
import PacketIO

/// An Ethernet header: destination, source, type.
private let minimumFrame = 14

extension Burst {
    /// Takes one burst from the port through the switch's program to its egress ports. Hot path.
    ///
    /// - Returns: frames received.
    @inline(never)
    func forward(from port: WorkerPortPointer) -> Int {
        guard let io = port.pointee.io else { return 0 }
        let counters = port.pointee.counters
        let table = port.pointee.table
        let limit = table.pointee.executable == nil ? capacity : table.pointee.burst
        let received = io.receive(frames, limit: limit, drops: counters.drops)
        guard received > 0 else { return 0 }
        counters.rxFrames &+= UInt64(truncatingIfNeeded: received)
        let usable = describe(received, port)
        if !port.pointee.isEnabled {
            counters.drops.add(.ingressDisabled, usable)
        } else if let executable = table.pointee.executable {
            table.pointee.runs &+= UInt64(truncatingIfNeeded: usable)
            executable.run(contexts, count: usable, results: results, slot: 0)
            let tally = group(usable, port)
            count(tally, counters)
            adapt(table, outOfFuel: tally.outOfFuel > 0)
            transmit(tally.egresses, table)
        } else {
            counters.drops.add(.noProgram, usable)
        }
        io.release()
        return received
    }

    /// Makes contexts of the frames and leaves out the runts.
    ///
    /// - Returns: contexts made.
    @inline(__always)
    private func describe(_ received: Int, _ port: WorkerPortPointer) -> Int {
        let number = UInt32(port.pointee.number)
        let ifindex = port.pointee.ifindex
        var bytes = 0
        var usable = 0
        for i in 0..<received {
            let frame = frames + i
            let length = Int(frame.pointee.length)
            bytes &+= length
            if length < minimumFrame { continue }
            (contexts + usable).initialize(
                to: FrameContext(
                    data: frame.pointee.bytes, length: length, ingressPort: number, ring: frame.pointee.ring,
                    ingressIfindex: ifindex))
            indices[usable] = UInt16(truncatingIfNeeded: i)
            usable &+= 1
        }
        let counters = port.pointee.counters
        counters.rxBytes &+= UInt64(truncatingIfNeeded: bytes)
        if usable < received { counters.drops.add(.runt, received &- usable) }
        return usable
    }

    /// What became of a burst, apart from the selections.
    private struct Tally {
        var egresses = 0
        var generated = 0
        var outOfFuel = 0
        var faults = 0
        var programDrops = 0
        var backToIngress = 0
        var noSuchPort = 0
        var noOtherPort = 0
        var invalidVerdicts = 0
    }

    /// Sorts the frames by egress port, after their verdicts.
    @_noAllocation @_noLocks
    private func group(_ usable: Int, _ port: WorkerPortPointer) -> Tally {
        let table = port.pointee.table
        let ingress = UInt64(port.pointee.number)
        var tally = Tally()
        for i in 0..<usable {
            let value = results[i].value
            if results[i].fault != .none {
                if results[i].fault == .outOfFuel { tally.outOfFuel &+= 1 } else { tally.faults &+= 1 }
            } else if value < 254 {
                if value == ingress {
                    tally.backToIngress &+= 1
                } else if table.pointee.byNumber[Int(truncatingIfNeeded: value)] == nil {
                    tally.noSuchPort &+= 1
                } else {
                    append(indices[i], to: Int(truncatingIfNeeded: value), &tally)
                }
            } else if value == 254 {
                flood(indices[i], port, &tally)
            } else if value == 255 {
                tally.programDrops &+= 1
            } else {
                tally.invalidVerdicts &+= 1
            }
        }
        return tally
    }

    @inline(__always)
    private func append(_ frame: UInt16, to egress: Int, _ tally: inout Tally) {
        let count = Int(counts[egress])
        if count == 0 {
            touched[tally.egresses] = UInt8(truncatingIfNeeded: egress)
            tally.egresses &+= 1
        }
        selections[egress &* capacity &+ count] = frame
        counts[egress] = UInt16(truncatingIfNeeded: count &+ 1)
    }

    @inline(__always)
    private func flood(_ frame: UInt16, _ port: WorkerPortPointer, _ tally: inout Tally) {
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
    }

    /// What went nowhere is counted at the ingress port.
    @inline(__always)
    private func count(_ tally: Tally, _ counters: CounterBlock) {
        counters.generated &+= UInt64(truncatingIfNeeded: tally.generated)
        let drops = counters.drops
        if tally.programDrops > 0 { drops.add(.programDrop, tally.programDrops) }
        if tally.backToIngress > 0 { drops.add(.backToIngress, tally.backToIngress) }
        if tally.noSuchPort > 0 { drops.add(.noSuchPort, tally.noSuchPort) }
        if tally.noOtherPort > 0 { drops.add(.noOtherPort, tally.noOtherPort) }
        if tally.invalidVerdicts > 0 { drops.add(.invalidVerdict, tally.invalidVerdicts) }
        if tally.outOfFuel > 0 { drops.add(.programOutOfFuel, tally.outOfFuel) }
        if tally.faults > 0 { drops.add(.programFault, tally.faults) }
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
    private func transmit(_ egresses: Int, _ table: SwitchTablePointer) {
        for i in 0..<egresses {
            let number = Int(touched[i])
            let count = Int(counts[number])
            counts[number] = 0
            guard let egress = table.pointee.byNumber[number] else { continue }
            let counters = egress.pointee.counters
            if !egress.pointee.isEnabled {
                counters.drops.add(.egressDisabled, count)
            } else if let io = egress.pointee.io, egress.pointee.isLinkUp {
                let sent = io.transmit(
                    frames, selections + number &* capacity, count: count, ring: 0, drops: counters.drops)
                counters.txFrames &+= UInt64(truncatingIfNeeded: sent.frames)
                counters.txBytes &+= UInt64(truncatingIfNeeded: sent.bytes)
            } else {
                counters.drops.add(.linkDown, count)
            }
        }
    }
}
