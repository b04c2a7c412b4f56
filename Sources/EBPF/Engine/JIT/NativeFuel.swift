import ISA
import Maps

/// What helper calls cost, and whether a program can run out of fuel at all.
struct NativeFuel {
    let maps: UnsafePointer<MapCore>
    let mapCount: Int
    let slots: Int

    /// The price of a call of `helper` on `map`.
    func cost(_ helper: Helper, map: MapCore) -> Int {
        Helpers.cost(helper, keySize: map.keySize, valueSize: map.valueSize, slots: slots)
    }

    /// The most that a call costs, on whatever map.
    func mostCost(_ helper: Helper) -> Int {
        var cost = Helpers.cost(helper, keySize: 0, valueSize: 0, slots: slots)
        for index in 0..<mapCount { cost = max(cost, self.cost(helper, map: maps[index])) }
        return cost
    }

    /// The most that a run of a verified program without back-edges costs; `Int.max` where there is no telling.
    ///
    /// Each step runs once at most for each activation of a function, and there are 8 frames at most.
    func bound(_ steps: [NativeStep], _ flow: NativeFlow) -> Int {
        guard !flow.hasBackEdges, !flow.hasCallx, !flow.hasCallbacks else { return .max }
        var helpers = 0
        var calls = 0
        for step in steps {
            if step.operation == .callLocal { calls += 1 }
            if step.operation == .callHelper, let helper = Helper(number: UInt32(truncatingIfNeeded: step.imm)) {
                helpers = Self.sum(helpers, mostCost(helper))
            }
        }
        var activation = helpers
        guard calls > 0 else { return activation }
        for _ in 1..<RunState.maxFrames {
            let (product, overflow) = calls.multipliedReportingOverflow(by: Self.sum(activation, steps.count + 1))
            activation = overflow ? .max : Self.sum(helpers, product)
        }
        return activation
    }

    private static func sum(_ a: Int, _ b: Int) -> Int {
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? .max : sum
    }
}
