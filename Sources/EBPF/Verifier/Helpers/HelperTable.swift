import Object

/// The helpers by their numbers.
enum HelperTable {
    static let mapLookup: UInt32 = 1
    static let tailCall: UInt32 = 12
    static let spinUnlock: UInt32 = 94

    /// The helper's prototype; nil where there is no such helper, or XDP programs may not call it.
    static func prototype(_ number: UInt32) -> HelperPrototype? {
        number < byNumber.count ? byNumber[Int(number)] : nil
    }

    private static let byNumber: [HelperPrototype?] = {
        var table = [HelperPrototype?](repeating: nil, count: 1 + Int(entries.map(\.number).max() ?? 0))
        for entry in entries { table[Int(entry.number)] = entry }
        return table
    }()
}
