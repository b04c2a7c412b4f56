import CLinux
import Engine
import PacketIO

extension Burst {
    /// Takes the first `count` frames of `indices` through the port's XDP programs, and what passes through the switch's.
    @inline(never)
    func forward(_ count: Int, from port: WorkerPortPointer, through chain: WorkerChainPointer) {
        guard chain.pointee.needsWireFrames else { return round(count, port, chain, BurstTally()) }
        for i in 0..<count { arrived[i] = frames[Int(indices[i])] }
        if taps.pointee.isNoting { taps.pointee.arrived.update(from: indices, count: count) }
        var wire = WireFrames(arrived, count: count, needsTailroom: chain.pointee.needsTailroom)
        repeat {
            var tally = BurstTally()
            let filled = wire.fill(frames, limit: capacity, &memory.pointee.arena, &tally, taps)
            for i in 0..<filled { indices[i] = UInt16(truncatingIfNeeded: i) }
            round(filled, port, chain, tally)
            memory.pointee.arena.empty()
        } while !wire.isEmpty
    }

    private func round(_ count: Int, _ port: WorkerPortPointer, _ chain: WorkerChainPointer, _ start: BurstTally) {
        var tally = start
        let passed = run(count, port, chain, &tally)
        decide(passed, port, &tally)
        tally.addXDP(to: port.pointee.counters.drops)
        finish(tally, port)
        memory.pointee.emptyCopies()
    }

    /// Runs the chain on the first `count` frames of `indices`, and selects those that go to a port at once.
    ///
    /// - Returns: frames that passed; they are the first ones of `indices`.
    private func run(
        _ count: Int, _ port: WorkerPortPointer, _ chain: WorkerChainPointer, _ tally: inout BurstTally
    ) -> Int {
        describe(count, port, tailroom: chain.pointee.needsTailroom)
        var left = count
        var passed = 0
        for link in 0..<chain.pointee.count where left > 0 {
            let link = chain.pointee.links + link
            time(link.pointee.counters, chain.pointee.isTimed) {
                link.pointee.executable.run(contexts, count: left, results: results, slot: Worker.slot)
            }
            link.pointee.counters.runs &+= UInt64(truncatingIfNeeded: left)
            var kept = 0
            for i in 0..<left {
                guard let verdict = verdict(results[i], of: chained[i], link.pointee.counters, &tally) else { continue }
                if link.pointee.chainCalls & (1 << verdict.rawValue) != 0 {
                    contexts[kept] = contexts[i]
                    chained[kept] = chained[i]
                    kept &+= 1
                } else if settle(chained[i], contexts + i, verdict, port, &tally) {
                    indices[passed] = chained[i]
                    passed &+= 1
                }
            }
            left = kept
        }
        // As in libxdp's dispatcher, what the last program hands on passes.
        for i in 0..<left {
            update(chained[i], contexts + i)
            indices[passed] = chained[i]
            passed &+= 1
        }
        return passed
    }

    private func describe(_ count: Int, _ port: WorkerPortPointer, tailroom: Bool) {
        let ifindex = port.pointee.ifindex
        let number = UInt32(port.pointee.number)
        for i in 0..<count {
            let index = indices[i]
            let frame = frames + Int(index)
            let length = Int(frame.pointee.length)
            (contexts + i).initialize(
                to: FrameContext(
                    data: frame.pointee.bytes, length: length, headroom: PortIO.headroom,
                    tailroom: tailroom ? FrameArena.tailroom(length) : 0, ingressPort: number,
                    ring: frame.pointee.ring, ingressIfindex: ifindex))
            chained[i] = index
        }
    }

    @inline(__always)
    private func time(_ counters: ChainCounters, _ isTimed: Bool, _ body: () -> Void) {
        let start = isTimed ? clinux_monotonic_ns() : 0
        body()
        if isTimed { counters.nanoseconds &+= clinux_monotonic_ns() &- start }
    }

    /// Nil: the frame goes nowhere, and is counted.
    @inline(__always)
    private func verdict(
        _ result: RunResult, of index: UInt16, _ counters: ChainCounters, _ tally: inout BurstTally
    ) -> XDPVerdict? {
        if result.fault != .none {
            counters.faults &+= 1
            if result.fault == .outOfFuel { tally.outOfFuel &+= 1 } else { tally.faults &+= 1 }
            note(index, .drop(result.fault == .outOfFuel ? .programOutOfFuel : .programFault))
            return nil
        }
        guard result.value < 5, let verdict = XDPVerdict(rawValue: UInt8(truncatingIfNeeded: result.value)) else {
            counters.invalid &+= 1
            tally.invalidVerdicts &+= 1
            note(index, .drop(.invalidVerdict))
            return nil
        }
        counters.count(verdict: Int(verdict.rawValue))
        return verdict
    }

    /// What a verdict that ends the chain does with a frame. True: it goes on to the switch.
    @inline(__always)
    private func settle(
        _ index: UInt16, _ context: UnsafeMutablePointer<FrameContext>, _ verdict: XDPVerdict,
        _ port: WorkerPortPointer, _ tally: inout BurstTally
    ) -> Bool {
        switch verdict {
        case .aborted:
            tally.xdpAborted &+= 1
            note(index, .drop(.xdpAborted))
        case .drop:
            tally.xdpDrops &+= 1
            note(index, .drop(.xdpDrop))
        case .pass:
            update(index, context)
            return true
        case .tx:
            update(index, context)
            append(index, to: Int(port.pointee.number), &tally)
            note(index, .sentBack)
        case .redirect:
            update(index, context)
            return redirect(index, context, port, &tally)
        }
        return false
    }

    /// The frame is what the program left.
    @inline(__always)
    func update(_ index: UInt16, _ context: UnsafeMutablePointer<FrameContext>) {
        let frame = frames + Int(index)
        frame.pointee.bytes = context.pointee.data
        frame.pointee.length = UInt32(truncatingIfNeeded: context.pointee.dataEnd - context.pointee.data)
    }
}
