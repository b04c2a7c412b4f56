import PacketIO

/// What became of a burst, apart from the selections.
struct BurstTally {
    /// Egress ports with a selection.
    var egresses = 0
    var generated = 0
    var outOfFuel = 0
    var faults = 0

    // The switch's program
    var programDrops = 0
    var backToIngress = 0
    var noSuchPort = 0
    var noOtherPort = 0
    var invalidVerdicts = 0

    // XDP programs
    var xdpDrops = 0
    var xdpAborted = 0
    var noRedirectTarget = 0
    var egressProgramDrops = 0
    var badOffloads = 0

    /// What went nowhere is counted at the ingress port. Hot path.
    @inline(__always)
    func add(to counters: CounterBlock) {
        counters.generated &+= UInt64(truncatingIfNeeded: generated)
        let drops = counters.drops
        if programDrops > 0 { drops.add(.programDrop, programDrops) }
        if backToIngress > 0 { drops.add(.backToIngress, backToIngress) }
        if noSuchPort > 0 { drops.add(.noSuchPort, noSuchPort) }
        if noOtherPort > 0 { drops.add(.noOtherPort, noOtherPort) }
        if invalidVerdicts > 0 { drops.add(.invalidVerdict, invalidVerdicts) }
        if outOfFuel > 0 { drops.add(.programOutOfFuel, outOfFuel) }
        if faults > 0 { drops.add(.programFault, faults) }
    }

    /// The same of what only XDP programs do.
    func addXDP(to drops: DropCounters) {
        if xdpDrops > 0 { drops.add(.xdpDrop, xdpDrops) }
        if xdpAborted > 0 { drops.add(.xdpAborted, xdpAborted) }
        if noRedirectTarget > 0 { drops.add(.noRedirectTarget, noRedirectTarget) }
        if egressProgramDrops > 0 { drops.add(.egressProgramDrop, egressProgramDrops) }
        if badOffloads > 0 { drops.add(.badOffload, badOffloads) }
    }
}
