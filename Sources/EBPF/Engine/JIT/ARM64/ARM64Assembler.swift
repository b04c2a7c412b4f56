/// Writes arm64 machine code: instructions into a buffer, what depends on distances beside it, which `link` decides.
///
/// Source: Arm Architecture Reference Manual for A-profile architecture (DDI 0487), chapter C4.
struct ARM64Assembler {
    /// A place in the code.
    struct Label {
        let number: Int32
    }

    /// An instruction of the buffer whose distance is not known yet.
    struct Site {
        enum Kind: UInt8 {
            /// `b` and `bl`: 128 MiB either way.
            case jump
            /// `b.cond`, `cbz`, `cbnz`: 1 MiB either way. Beyond that the opposite jumps over a `b`.
            case conditionalJump
            /// `movz` and `movk` with the distance of a label from the instruction in front.
            case distance
            /// The distance of a label from the table's start, 4 bytes.
            case tableEntry
        }
        /// In words, as all positions are until the code is linked.
        var position: Int32
        var label: Int32
        var kind: Kind
    }

    /// A place as offset in the buffer and number of sites before it.
    struct Place {
        var position: Int32
        var site: Int32

        static let unbound = Place(position: -1, site: 0)
    }

    /// The rendering of one instruction.
    struct Line {
        var place: Place
        var text: String
        /// Where a jump or call leads to.
        var target: Int32?
    }

    private(set) var buffer: [UInt32] = []
    private(set) var sites: [Site] = []
    private(set) var labels: [Place] = []
    /// Start of the table that `tableEntry` sites count from.
    var table = Label(number: 0)
    /// Nil unless the code is to be shown.
    private(set) var lines: [Line]?

    init(listing: Bool, expectedInstructions: Int) {
        buffer.reserveCapacity(expectedInstructions * 2 + 64)
        sites.reserveCapacity(expectedInstructions / 4 + 64)
        labels.reserveCapacity(expectedInstructions + 64)
        if listing { lines = [] }
    }

    // MARK: Labels

    mutating func label() -> Label {
        labels.append(.unbound)
        return Label(number: Int32(truncatingIfNeeded: labels.count - 1))
    }

    /// The next `count` labels' first.
    mutating func labels(_ count: Int) -> Label {
        let first = Label(number: Int32(truncatingIfNeeded: labels.count))
        labels.append(contentsOf: repeatElement(.unbound, count: count))
        return first
    }

    private var place: Place {
        Place(position: Int32(truncatingIfNeeded: buffer.count), site: Int32(truncatingIfNeeded: sites.count))
    }

    mutating func bind(_ label: Label) { labels[Int(label.number)] = place }

    // MARK: Instructions

    @inline(__always)
    mutating func word(_ word: UInt32) { buffer.append(word) }

    /// The next instruction's distance is that of a label.
    mutating func site(_ kind: Site.Kind, _ label: Label) {
        sites.append(
            Site(position: Int32(truncatingIfNeeded: buffer.count), label: label.number, kind: kind))
    }

    /// Records the text of the instruction that is written next.
    @inline(__always)
    mutating func note(_ text: @autoclosure () -> String, to target: Label? = nil) {
        guard lines != nil else { return }
        let line = Line(place: place, text: text(), target: target?.number)
        lines?.append(line)
    }
}
