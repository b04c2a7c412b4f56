/// What the engine knows of a helper: its arguments, its price and what it does.
struct HelperEntry: Sendable {
    let helper: Helper
    /// Registers that it reads, from r1 on.
    let arguments: Int
    let price: Price
    /// Whether it calls functions of the program.
    let callsBack: Bool
    /// Nil for what `Helpers.call` does itself.
    let body: Body?

    /// Does what the helper does; the result is r0. For all engines.
    typealias Body = @Sendable (HelperCall) throws(Fault) -> UInt64

    /// Fuel that a call takes, in instructions' worth of time.
    enum Price: Sendable {
        case fixed(Int)
        /// The call tells it, in `RunState.helperCost`; it is at most so much.
        case told(most: Int)
    }

    init(
        _ helper: Helper, arguments: Int, price: Price = .fixed(Helpers.baseCost), callsBack: Bool = false,
        _ body: Body? = nil
    ) {
        self.helper = helper
        self.arguments = arguments
        self.price = price
        self.callsBack = callsBack
        self.body = body
    }

    /// Nil where the call tells it.
    var fixedCost: Int? {
        if case .fixed(let cost) = price { cost } else { nil }
    }

    var most: Int {
        switch price {
        case .fixed(let cost), .told(let cost): cost
        }
    }

    /// Every helper, by topic.
    private static let topics: [[HelperEntry]] = [
        Helpers.direct, TraceHelpers.entries, PacketHelpers.entries, PacketBytes.entries, Checksum.entries,
        RoutingHelpers.entries, TextHelpers.entries, TimeHelpers.entries, LoopHelpers.entries,
        MapElementHelpers.entries, LockHelpers.entries, CookieHelpers.entries, ReceiveMetadata.entries,
        QueueHelpers.entries, RecordHelpers.entries, RedirectHelpers.entries, TailCall.entries,
    ]

    /// By number. There is one for each case of `Helper`, which a test sees to.
    static let table: [HelperEntry?] = {
        let last = Helper.allCases.map(\.rawValue).max() ?? 0
        var table = [HelperEntry?](repeating: nil, count: Int(last) + 1)
        for entry in topics.joined() { table[Int(entry.helper.rawValue)] = entry }
        return table
    }()
}
