import ISA

/// Every instruction that is explored, with the registers that it changed.
final class Log {
    private(set) var text = ""
    private let limit: Int
    private var isFull = false
    /// Registers of the top frame as they were last written down.
    private var last: [String] = Array(repeating: "", count: 11)

    init(limit: Int) {
        self.limit = limit
    }

    func write(_ line: String) {
        guard !isFull else { return }
        guard text.utf8.count + line.utf8.count < limit else {
            isFull = true
            text += "the log ends here: it may take \(limit) bytes\n"
            return
        }
        text += line
        text += "\n"
    }

    func resume(at slot: Int, frame: Int) {
        write("from another branch, at \(slot), frame \(frame)")
        last = Array(repeating: "", count: 11)
    }

    /// Ahead of the instruction at `slot`.
    func note(_ slot: Int, _ explorer: Explorer) {
        guard !isFull else { return }
        var changes: [String] = []
        for number in 0..<10 {
            let register = explorer.registers[number]
            let summary = register.kind == .uninitialized ? "" : register.summary(explorer.maps)
            if summary != last[number] { changes.append("r\(number)=\(summary.isEmpty ? "-" : summary)") }
            last[number] = summary
        }
        if !changes.isEmpty { write("      ; " + changes.joined(separator: ", ")) }
        write("\(slot): " + explorer.program.disassembly(slot))
    }
}
