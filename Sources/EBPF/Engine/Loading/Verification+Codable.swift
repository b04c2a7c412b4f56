import Verifier

/// The document that the API and the command line show of a verdict.
extension Verification: Encodable {
    private enum Key: String, CodingKey {
        case function, type, accepted, rejection, statistics, writesPacket, movesPacket, log
    }

    private struct Statistics: Encodable {
        var instructionsExplored: Int
        var states: Int
        var statesPruned: Int
        var peakStateBytes: Int
        /// The thread's CPU time.
        var microseconds: Int
    }

    public func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: Key.self)
        try members.encode(function, forKey: .function)
        try members.encode(type.rawValue, forKey: .type)
        try members.encode(isAccepted, forKey: .accepted)
        try members.encodeIfPresent(rejection, forKey: .rejection)
        let statistics = verdict.statistics
        try members.encode(
            Statistics(
                instructionsExplored: statistics.instructionsExplored, states: statistics.statesStored,
                statesPruned: statistics.statesPruned, peakStateBytes: statistics.peakStateBytes,
                microseconds: statistics.cpuMicroseconds), forKey: .statistics)
        if isAccepted {
            try members.encode(verdict.facts.writesPacket, forKey: .writesPacket)
            try members.encode(verdict.facts.movesPacket, forKey: .movesPacket)
        }
        try members.encodeIfPresent(verdict.log, forKey: .log)
    }
}
