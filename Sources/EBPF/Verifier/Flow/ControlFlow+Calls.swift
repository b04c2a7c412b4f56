extension ControlFlow {
    /// Most functions of a program. `BPF_MAX_SUBPROGS`, <linux/bpf_verifier.h>.
    static let mostFunctions = 256
    /// Most functions that are active at once. `MAX_CALL_FRAMES`, <linux/bpf_verifier.h>.
    static let mostFrames = 8
    /// Most bytes of stack of one function, and of all that are active. `MAX_BPF_STACK`, <linux/filter.h>.
    static let mostStack = 512
    /// Most bytes of stack of the callers of a subprogram that makes a tail call.
    private static let mostBeforeTailCall = 256

    /// Callers before callees. Throws `call-depth` for recursion.
    func orderCalls() throws(Rejection) -> [Int] {
        var finished: [Int] = []
        var state = [UInt8](repeating: 0, count: functions.count)
        // Each active function with the next of its references.
        var active: [(function: Int, next: Int)] = []
        for root in functions.indices where state[root] == 0 {
            active.append((root, 0))
            state[root] = 1
            while let (function, next) = active.last {
                let references = functions[function].references
                guard next < references.count else {
                    state[function] = 2
                    finished.append(function)
                    active.removeLast()
                    continue
                }
                active[active.count - 1].next += 1
                let callee = references[next].function
                if state[callee] == 1 {
                    throw Rejection(
                        .callDepth, "\(functions[callee].name) calls itself, or is called by what it calls",
                        function: functions[function].name, instruction: references[next].slot)
                }
                if state[callee] == 0 {
                    state[callee] = 1
                    active.append((callee, 0))
                }
            }
        }
        return finished.reversed()
    }

    /// At most 8 functions are active at once.
    func checkFrames() throws(Rejection) {
        try walkChains { _, frames, reference throws(Rejection) in
            guard frames <= Self.mostFrames else {
                throw Rejection(
                    .callDepth, "calls are nested \(frames) deep, at most \(Self.mostFrames) functions may be active",
                    function: functions[function(at: reference.slot)].name, instruction: reference.slot)
            }
        } cost: { _ in
            1
        }
    }

    /// The stacks of all functions of a chain of calls fit into 512 bytes. `stackDepths`: bytes that each function
    /// uses, by its index. Each frame takes a multiple of 16 bytes, as with a JIT compiler in Linux. Throws
    /// `call-depth`.
    func checkStack(_ stackDepths: [Int]) throws(Rejection) {
        func rounded(_ function: Int) -> Int { (stackDepths[function] + 15) & ~15 }
        guard rounded(0) <= Self.mostStack else {
            throw Rejection(
                .callDepth, "the stack of \(rounded(0)) bytes is larger than \(Self.mostStack)",
                function: functions[0].name)
        }
        try walkChains { before, bytes, reference throws(Rejection) in
            let callee = functions[reference.function]
            guard !callee.hasTailCall || before < Self.mostBeforeTailCall else {
                throw Rejection(
                    .callDepth,
                    "\(callee.name) makes a tail call, and its callers use \(before) bytes of stack, "
                        + "fewer than \(Self.mostBeforeTailCall) are allowed",
                    function: functions[function(at: reference.slot)].name, instruction: reference.slot)
            }
            guard bytes <= Self.mostStack else {
                throw Rejection(
                    .callDepth,
                    "the stacks of \(callee.name) and its callers take \(bytes) bytes, at most \(Self.mostStack) may "
                        + "be in use",
                    function: functions[function(at: reference.slot)].name, instruction: reference.slot)
            }
        } cost: {
            rounded($0)
        }
    }

    /// Walks the chains of calls, callers first. `check` gets, for each reference, the largest sum of costs of the
    /// callers, and that with the callee's.
    private func walkChains(
        check: (_ before: Int, _ sum: Int, FunctionInfo.Reference) throws(Rejection) -> Void, cost: (Int) -> Int
    ) throws(Rejection) {
        var before = [Int](repeating: 0, count: functions.count)
        for function in callOrder {
            let sum = before[function] + cost(function)
            for reference in functions[function].references {
                try check(sum, sum + cost(reference.function), reference)
                before[reference.function] = max(before[reference.function], sum)
            }
        }
    }
}
