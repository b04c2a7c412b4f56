import Object

/// The helpers by their numbers.
enum HelperTable {
    static let mapLookup: UInt32 = 1
    static let tailCall: UInt32 = 12
    static let spinUnlock: UInt32 = 94

    /// The helper's prototype; nil where there is no such helper, or XDP programs may not call it.
    static func prototype(_ number: UInt32) -> HelperPrototype? {
        if number >= KernelFunction.firstHelper { return kernelFunctions.first { $0.number == number } }
        return number < byNumber.count ? byNumber[Int(number)] : nil
    }

    /// What of a kernel the helper needs that is not to be had outside of one.
    static func needsKernel(_ number: UInt32) -> String? {
        switch number {
        case 112, 114: "there is no process whose memory it could read"
        case 113, 115: "there is no kernel whose memory it could read"
        case 14, 15, 16, 17, 35, 37, 80, 109, 117, 120, 123: "frames here belong to no process"
        case 22, 55: "there are no performance counters of a kernel"
        case 149: "there are no types of a kernel"
        case 176: "there is no record of branches"
        default: nil
        }
    }

    private static let byNumber: [HelperPrototype?] = {
        var table = [HelperPrototype?](repeating: nil, count: 1 + Int(entries.map(\.number).max() ?? 0))
        for entry in entries { table[Int(entry.number)] = entry }
        return table
    }()
}
