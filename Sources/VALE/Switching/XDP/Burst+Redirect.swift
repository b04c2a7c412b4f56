import Engine
import Maps
import PacketIO

extension Burst {
    /// Sends a frame where its program redirected it. True: it goes on to the switch.
    @inline(never)
    func redirect(
        _ index: UInt16, _ context: UnsafeMutablePointer<FrameContext>, _ port: WorkerPortPointer,
        _ tally: inout BurstTally
    ) -> Bool {
        let target = context.pointee.redirect
        guard target.kind == .worker else {
            follow(target, index, context, port, &tally)
            return false
        }
        // There is one worker; behind its program a frame goes to the switch, as on Linux to the stack.
        guard let program = Executable(target) else { return true }
        return runWorkerProgram(index, context, program, port, &tally)
    }

    private func follow(
        _ target: Redirect, _ index: UInt16, _ context: UnsafeMutablePointer<FrameContext>, _ port: WorkerPortPointer,
        _ tally: inout BurstTally
    ) {
        let outcome: OutcomeCode
        switch target.kind {
        case .interface:
            outcome = send(
                index, context, Redirect.Egress(ifindex: target.target, program: Executable(target)), port, &tally)
        case .broadcast: outcome = broadcast(index, context, target, port, &tally)
        // A frame is not followed from worker to worker.
        case .worker, .none:
            tally.noRedirectTarget &+= 1
            outcome = .drop(.noRedirectTarget)
        }
        note(index, outcome)
    }

    private func send(
        _ index: UInt16, _ context: UnsafeMutablePointer<FrameContext>, _ egress: Redirect.Egress,
        _ port: WorkerPortPointer, _ tally: inout BurstTally
    ) -> OutcomeCode {
        guard let target = port.pointee.table.pointee.port(ifindex: egress.ifindex) else {
            tally.noRedirectTarget &+= 1
            return .drop(.noRedirectTarget)
        }
        if let program = egress.program {
            let result = run(program, on: index, context.pointee, egress: egress.ifindex)
            guard result.fault == .none, result.value == UInt64(XDPVerdict.pass.rawValue) else {
                tally.egressProgramDrops &+= 1
                return .drop(.egressProgramDrop)
            }
        }
        let number = target.pointee.number
        // Broadcasts may name a port more than once.
        if Int(counts[Int(number)]) == capacity { flush(port, &tally) }
        append(index, to: Int(number), &tally)
        return .redirect(number)
    }

    /// Every element of the devmap that is a port gets a copy.
    private func broadcast(
        _ index: UInt16, _ context: UnsafeMutablePointer<FrameContext>, _ target: Redirect,
        _ port: WorkerPortPointer, _ tally: inout BurstTally
    ) -> OutcomeCode {
        var copies = 0
        var position = 0
        while let egress = target.nextEgress(from: &position) {
            if target.excludesIngress && egress.ifindex == port.pointee.ifindex { continue }
            guard port.pointee.table.pointee.port(ifindex: egress.ifindex) != nil else { continue }
            copies &+= 1
            guard egress.program != nil else {
                _ = send(index, context, egress, port, &tally)
                continue
            }
            // An element's program changes what goes to that port, and nothing else.
            let copy = makeCopy(of: index, port, &tally)
            var own = context.pointee
            own.moved(to: frames[Int(copy)].bytes)
            withUnsafeMutablePointer(to: &own) { _ = send(copy, $0, egress, port, &tally) }
        }
        guard copies > 0 else {
            tally.noRedirectTarget &+= 1
            return .drop(.noRedirectTarget)
        }
        tally.generated &+= copies &- 1
        return .redirect(.max)
    }

    /// True: the frame goes on to the switch.
    private func runWorkerProgram(
        _ index: UInt16, _ context: UnsafeMutablePointer<FrameContext>, _ program: Executable,
        _ port: WorkerPortPointer, _ tally: inout BurstTally
    ) -> Bool {
        let result = run(program, on: index, context.pointee, egress: 0)
        if result.fault != .none {
            if result.fault == .outOfFuel { tally.outOfFuel &+= 1 } else { tally.faults &+= 1 }
            note(index, .drop(result.fault == .outOfFuel ? .programOutOfFuel : .programFault))
            return false
        }
        switch XDPVerdict(rawValue: UInt8(clamping: result.value)) {
        case .pass: return true
        case .redirect:
            var after = memory.pointee.single.pointee
            withUnsafeMutablePointer(to: &after) { follow($0.pointee.redirect, index, $0, port, &tally) }
        case .drop:
            tally.xdpDrops &+= 1
            note(index, .drop(.xdpDrop))
        default:
            tally.xdpAborted &+= 1
            note(index, .drop(.xdpAborted))
        }
        return false
    }

    /// Runs the program of a map's element on one frame.
    private func run(_ program: Executable, on index: UInt16, _ context: FrameContext, egress: UInt32) -> RunResult {
        var result = RunResult()
        let single = memory.pointee.single
        single.initialize(to: context)
        single.pointee.egressIfindex = egress
        program.run(single, count: 1, results: &result, slot: Worker.slot)
        update(index, single)
        return result
    }

    /// A frame of its own with the same bytes.
    private func makeCopy(of index: UInt16, _ port: WorkerPortPointer, _ tally: inout BurstTally) -> UInt16 {
        let length = Int(frames[Int(index)].length)
        if memory.pointee.copyCount == capacity || !memory.pointee.copies.hasRoom(length) {
            flush(port, &tally)
            memory.pointee.emptyCopies()
        }
        guard let room = memory.pointee.copies.allocate(length) else { return index }
        room.copyMemory(from: frames[Int(index)].bytes, byteCount: length)
        let copy = capacity &+ memory.pointee.copyCount
        memory.pointee.copyCount &+= 1
        frames[copy] = frames[Int(index)]
        frames[copy].bytes = room
        return UInt16(truncatingIfNeeded: copy)
    }

    private func flush(_ port: WorkerPortPointer, _ tally: inout BurstTally) {
        transmit(tally.egresses, from: port)
        tally.egresses = 0
    }
}

extension FrameContext {
    /// The same packet in memory of an arena.
    fileprivate mutating func moved(to bytes: UnsafeMutableRawPointer) {
        let length = dataEnd - data
        data = bytes
        dataMeta = bytes
        dataEnd = bytes + length
        hardStart = bytes - PortIO.headroom
        hardEnd = dataEnd + FrameArena.tailroom(length)
    }
}
