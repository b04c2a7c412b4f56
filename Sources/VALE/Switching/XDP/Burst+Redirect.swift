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
        switch target.kind {
        case .interface, .socket:
            send(index, context, to: target.target, program: target.program, port, &tally)
        case .worker:
            // There is one worker; behind its program a frame goes to the switch, as on Linux to the stack.
            return runWorkerProgram(index, context, target.program, port, &tally)
        case .broadcast, .none:
            tally.noRedirectTarget &+= 1
            note(index, .drop(.noRedirectTarget))
        }
        return false
    }

    private func send(
        _ index: UInt16, _ context: UnsafeMutablePointer<FrameContext>, to ifindex: UInt32, program: UInt,
        _ port: WorkerPortPointer, _ tally: inout BurstTally
    ) {
        guard let egress = port.pointee.table.pointee.port(ifindex: ifindex) else {
            tally.noRedirectTarget &+= 1
            note(index, .drop(.noRedirectTarget))
            return
        }
        if program != 0 {
            let result = run(program, on: index, context.pointee, egress: ifindex)
            guard result.fault == .none, result.value == UInt64(XDPVerdict.pass.rawValue) else {
                tally.egressProgramDrops &+= 1
                note(index, .drop(.egressProgramDrop))
                return
            }
        }
        append(index, to: Int(egress.pointee.number), &tally)
        note(index, .redirect(egress.pointee.number))
    }

    /// True: the frame goes on to the switch.
    private func runWorkerProgram(
        _ index: UInt16, _ context: UnsafeMutablePointer<FrameContext>, _ program: UInt, _ port: WorkerPortPointer,
        _ tally: inout BurstTally
    ) -> Bool {
        guard program != 0 else { return true }
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
            let next = after.redirect
            withUnsafeMutablePointer(to: &after) {
                switch next.kind {
                case .interface, .socket: send(index, $0, to: next.target, program: next.program, port, &tally)
                // A frame is not followed from worker to worker.
                case .worker, .broadcast, .none:
                    tally.noRedirectTarget &+= 1
                    note(index, .drop(.noRedirectTarget))
                }
            }
        case .drop:
            tally.xdpDrops &+= 1
            note(index, .drop(.xdpDrop))
        default:
            tally.xdpAborted &+= 1
            note(index, .drop(.xdpAborted))
        }
        return false
    }

    /// Runs the program of a map's entry on one frame.
    private func run(_ program: UInt, on index: UInt16, _ context: FrameContext, egress: UInt32) -> RunResult {
        var result = RunResult()
        guard let executable = Executable(Redirect(program: program)) else { return result }
        let single = memory.pointee.single
        single.initialize(to: context)
        single.pointee.egressIfindex = egress
        executable.run(single, count: 1, results: &result, slot: Worker.slot)
        update(index, single)
        return result
    }
}
