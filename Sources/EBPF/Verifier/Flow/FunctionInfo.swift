/// A function of a program: the entry, a subprogram or a callback.
struct FunctionInfo: Hashable, Sendable {
    var name: String
    /// First slot, and the one after the last.
    var start: Int
    var end: Int
    /// Whether some `LDDW` takes its address, so that a helper may call it.
    var isCallback = false
    /// Whether it calls `bpf_tail_call`.
    var hasTailCall = false
    /// Calls and address-taking, ascending by slot. For the depth of the stack both count as a call, as in Linux.
    var references: [Reference] = []

    /// A place that names another function.
    struct Reference: Hashable, Sendable {
        var slot: Int
        /// Index of the function that is meant.
        var function: Int
        /// `CALL`; otherwise `LDDW` of its address.
        var isCall: Bool
    }

    /// Indices of the functions that it calls by itself, ascending.
    var callees: [Int] { Set(references.lazy.filter(\.isCall).map(\.function)).sorted() }
}
