/// The routes of one table and family, for lookups of the longest prefix: addresses cut into intervals that have the same
/// routes, found by bisection.
struct RouteIndex: Sendable {
    /// First addresses of the intervals, ascending; the first is 0.
    private var starts: [UInt128] = [0]
    /// The best route of each interval, as a number in `routes`, or -1.
    private var best: [Int32] = [-1]
    private(set) var routes: [FIBRoute] = []
    /// For each route the next best for the same addresses, or -1.
    private var next: [Int32] = []

    init(_ routes: [FIBRoute], family: FIBAddress.Family) {
        let bits = family.bits
        func first(_ route: FIBRoute) -> UInt128 {
            let rest = bits - route.length
            return rest == 128 ? 0 : (route.prefix.value >> UInt128(rest)) << UInt128(rest)
        }
        func last(_ route: FIBRoute) -> UInt128 {
            first(route) + ((UInt128.max >> UInt128(128 - bits)) >> UInt128(route.length))
        }
        // The worst first, so that what comes later hides what came before.
        self.routes = routes.filter { $0.prefix.family == family && (0...bits).contains($0.length) }
            .sorted { (first($0), $0.length, $1.metric) < (first($1), $1.length, $0.metric) }
        next = [Int32](repeating: -1, count: self.routes.count)
        /// Routes whose prefix the current address is in, the longest on top.
        var open: [Int] = []
        func close(before address: UInt128?) {
            while let top = open.last, address == nil || last(self.routes[top]) < address ?? 0 {
                let end = last(self.routes[top])
                open.removeLast()
                // Of routes with one prefix the top one stood for all.
                while let other = open.last, last(self.routes[other]) == end { open.removeLast() }
                if end < UInt128.max >> UInt128(128 - bits) { start(at: end + 1, open.last) }
            }
        }
        for (index, route) in self.routes.enumerated() {
            close(before: first(route))
            if let top = open.last { next[index] = Int32(top) }
            open.append(index)
            start(at: first(route), index)
        }
        close(before: nil)
    }

    private mutating func start(at address: UInt128, _ route: Int?) {
        if starts.last == address {
            best[best.count - 1] = route.map { Int32($0) } ?? -1
        } else {
            starts.append(address)
            best.append(route.map { Int32($0) } ?? -1)
        }
    }

    /// The best route for an address that `fits`. Hot path.
    func route(_ address: UInt128, where fits: (FIBRoute) -> Bool) -> FIBRoute? {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= address { low = middle } else { high = middle }
        }
        var index = best[low]
        while index >= 0 {
            if fits(routes[Int(index)]) { return routes[Int(index)] }
            index = next[Int(index)]
        }
        return nil
    }
}
