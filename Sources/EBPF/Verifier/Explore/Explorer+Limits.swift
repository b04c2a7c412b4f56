import Glibc

// What bounds an exploration.
extension Explorer {
    func checkLimits() throws(Rejection) {
        let limits = options.limits
        if statistics.instructionsExplored > limits.instructions {
            throw tooComplex("more than \(limits.instructions) instructions were explored")
        }
        guard statistics.instructionsExplored & 0xFF == 0 else { return }
        if noteStateBytes() > limits.stateBytes {
            throw tooComplex("the states to be kept take more than \(limits.stateBytes >> 20) MiB")
        }
        if explored.words > limits.comparedWords {
            throw tooComplex("the states to be compared have more than \(limits.comparedWords) words")
        }
        if Self.threadNanoseconds() &- cpuStart > UInt64(limits.cpuMilliseconds) * 1_000_000 {
            throw tooComplex(
                "the verification took more than \(limits.cpuMilliseconds) ms of CPU time", .timeLimit,
                hint: "try again when the machine is less busy, or make the program simpler")
        }
    }

    /// Bytes that the states take now.
    @discardableResult
    func noteStateBytes() -> Int {
        let bytes = explored.bytes + pool.bytesInUse
        statistics.peakStateBytes = max(statistics.peakStateBytes, bytes)
        return bytes
    }

    /// CPU time that the calling thread has had.
    static func threadNanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    func tooComplex(
        _ what: String, _ category: Rejection.Category = .tooComplex,
        hint: String = "split the program, or keep fewer values alive over branches"
    ) -> Rejection {
        let hottest = flow.isLoopHead.indices.filter { flow.isLoopHead[$0] }.max { visits[$0] < visits[$1] }
        guard let hottest, visits[hottest] > 1 else { return reject(category, what, hint: hint) }
        return reject(
            category,
            what + "; the hottest loop begins at instruction \(hottest), explored \(visits[hottest]) times",
            hint: "bound the loop more tightly, or move its body into a bpf_loop callback", hottest: hottest)
    }

    func infiniteLoop() -> Rejection {
        reject(
            .infiniteLoop, "the loop comes back to where it was with nothing changed: it may never end",
            hint: "let a counter that changes in every turn decide when the loop ends")
    }
}
