import Glibc

/// The table on the standard output, tab-separated, a row as soon as it is known.
public struct ResultTable {
    private let suite: String

    /// Writes the head.
    public init(suite: String) {
        self.suite = suite
        Self.write(["suite", "name", "unit", "swale", "baseline-name", "baseline", "ratio"])
    }

    /// Rows of times, of which less is better. What is too short to be told from nothing has no ratio.
    public func add(_ name: String, swale: Figure, baseline: String, _ other: Figure?) {
        row(name, "ns median", told(swale.median), baseline, other.map { told($0.median) })
        row(name, "ns min", told(swale.minimum), baseline, other.map { told($0.minimum) })
    }

    private func told(_ time: Double) -> Double { time < Figure.resolution ? .nan : time }

    /// The medians as millions of operations a second, by `threads` together.
    public func addRate(_ name: String, threads: Int, swale: Figure, baseline: String, _ other: Figure?) {
        let rate = { (figure: Figure) in 1000 * Double(threads) / told(figure.median) }
        row(name, "Mop/s median", rate(swale), baseline, other.map(rate), isRate: true)
    }

    /// A row that says why there are no figures.
    public func addMissing(_ name: String, _ why: String) {
        Self.write([suite, name, "-", why, "-", "-", "-"])
    }

    private func row(
        _ name: String, _ unit: String, _ swale: Double, _ baseline: String, _ other: Double?, isRate: Bool = false
    ) {
        let ratio = other.map { isRate ? swale / $0 : $0 / swale }
        Self.write([
            suite, name, unit, Self.text(swale), baseline, other.map(Self.text) ?? "-", ratio.map(Self.text) ?? "-",
        ])
    }

    /// Three digits, as many as mean something.
    private static func text(_ value: Double) -> String {
        guard value.isFinite else { return "-" }
        let scale = value < 10 ? 100.0 : value < 100 ? 10.0 : 1.0
        let rounded = (value * scale).rounded() / scale
        return scale == 1 ? "\(Int(rounded))" : "\(rounded)"
    }

    private static func write(_ fields: [String]) {
        print(fields.joined(separator: "\t"))
        fflush(nil)
    }
}
