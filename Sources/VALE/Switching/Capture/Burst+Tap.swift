import CLinux
import Engine
import Glibc
import PacketIO

/// What taps add to a burst. Nothing of this runs while the switch has none.
extension Burst {
    /// Copies frames as they came, before any program sees them.
    ///
    /// - Parameter count: the first ones of `frames`, runts included.
    @inline(never)
    func tapArrivals(_ count: Int, _ port: WorkerPortPointer) {
        let table = port.pointee.table
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        taps.pointee.nanoseconds = UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
        var isNoting = false
        for t in 0..<table.pointee.tapCount {
            let tap = table.pointee.taps[t]
            tap.pointee.begin()
            guard tap.pointee.takesArrivals, tap.pointee.ports[Int(port.pointee.number)] else { continue }
            for i in 0..<count { indices[i] = UInt16(truncatingIfNeeded: i) }
            take(indices, count, tap, tap.pointee.arrivals, port)
            isNoting = true
        }
        taps.pointee.isNoting = isNoting
        guard isNoting else { return }
        taps.pointee.reset()
        for i in 0..<count where frames[i].length < Self.minimumFrame { taps.pointee.outcomes[i] = .drop(.runt) }
    }

    /// Completes the records of this burst and hands them over.
    @inline(never)
    func finishTaps(_ count: Int, _ port: WorkerPortPointer) {
        let table = port.pointee.table
        let number = port.pointee.number
        for t in 0..<table.pointee.tapCount {
            let tap = table.pointee.taps[t]
            if tap.pointee.takesArrivals, tap.pointee.ports[Int(number)] {
                for i in 0..<count {
                    let outcome = taps.pointee.outcomes[i]
                    let egress = outcome.egress.flatMap { table.pointee.byNumber[Int($0)] }
                    tap.pointee.complete(
                        tap.pointee.arrivals[i], .arrival, outcome, port: number, ingress: port.pointee.serial,
                        egress: egress?.pointee.serial ?? 0, nanoseconds: taps.pointee.nanoseconds)
                }
            }
            tap.pointee.publish()
        }
        taps.pointee.isNoting = false
    }

    /// Copies the frames that are selected for a port, and sends them.
    @inline(never)
    func sendTapped(_ count: Int, to egress: WorkerPortPointer, from ingress: WorkerPortPointer) {
        let table = egress.pointee.table
        let number = egress.pointee.number
        let selection = selections + Int(number) &* capacity
        for t in 0..<table.pointee.tapCount {
            let tap = table.pointee.taps[t]
            guard tap.pointee.takesDepartures, tap.pointee.ports[Int(number)] else { continue }
            take(selection, count, tap, tap.pointee.departures, egress)
        }
        let drops = egress.pointee.counters.words + CounterBlock.fixed
        taps.pointee.drops.update(from: drops, count: DropReason.count)
        let accepted = send(count, to: egress)
        var outcome = OutcomeCode.forward(Int(number))
        if accepted < count, let reason = risen(drops) {
            outcome = accepted == 0 ? .drop(reason) : .uncertain(reason)
        }
        for t in 0..<table.pointee.tapCount {
            let tap = table.pointee.taps[t]
            guard tap.pointee.takesDepartures, tap.pointee.ports[Int(number)] else { continue }
            for i in 0..<count {
                tap.pointee.complete(
                    tap.pointee.departures[i], .departure, outcome, port: number, ingress: ingress.pointee.serial,
                    egress: egress.pointee.serial, nanoseconds: taps.pointee.nanoseconds)
            }
        }
    }

    private func risen(_ drops: UnsafePointer<UInt64>) -> DropReason? {
        for i in 0..<DropReason.count where drops[i] != taps.pointee.drops[i] {
            return DropReason(rawValue: UInt8(truncatingIfNeeded: i))
        }
        return nil
    }

    /// Copies those of the first `count` selected frames that the tap's filter passes.
    private func take(
        _ selection: UnsafePointer<UInt16>, _ count: Int, _ tap: WorkerTapPointer,
        _ slots: UnsafeMutablePointer<WorkerTap.Slot>, _ port: WorkerPortPointer
    ) {
        let results = taps.pointee.results
        if let filter = tap.pointee.filter {
            let contexts = taps.pointee.contexts
            for i in 0..<count {
                let frame = frames + Int(selection[i])
                (contexts + i).initialize(
                    to: FrameContext(data: frame.pointee.bytes, length: Int(frame.pointee.length)))
            }
            filter.run(contexts, count: count, results: results, slot: Worker.slot)
        }
        for i in 0..<count {
            let passes =
                tap.pointee.filter == nil
                || results[i].fault == .none && results[i].value == UInt64(XDPVerdict.pass.rawValue)
            slots[i] = passes ? tap.pointee.take(frames[Int(selection[i])]) : WorkerTap.Slot()
        }
    }

    /// What became of a frame, for taps that want to know.
    @inline(__always)
    func note(_ frame: UInt16, _ outcome: @autoclosure () -> OutcomeCode) {
        if taps.pointee.isNoting { taps.pointee.note(frame, outcome()) }
    }

    /// The same of the first `count` frames of `indices`.
    @inline(__always)
    func note(first count: Int, _ outcome: OutcomeCode) {
        if taps.pointee.isNoting {
            for i in 0..<count { taps.pointee.note(indices[i], outcome) }
        }
    }
}
