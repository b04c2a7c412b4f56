/// Rows under headings, aligned for a person to read.
struct Table {
    struct Column {
        var heading: String
        /// Numbers stand at the right.
        var isNumber = false

        init(_ heading: String, isNumber: Bool = false) {
            self.heading = heading
            self.isNumber = isNumber
        }
    }

    var columns: [Column]
    var rows: [[String]] = []

    init(_ columns: Column...) { self.columns = columns }

    mutating func add(_ cells: String...) { rows.append(cells) }

    /// The table's lines; two spaces stand between columns and none at the end of a line.
    var text: String {
        let widths = columns.indices.map { column in
            rows.reduce(columns[column].heading.count) { max($0, $1[column].count) }
        }
        var lines = [columns.map(\.heading)] + rows
        for (index, row) in lines.enumerated() {
            var line = ""
            for (column, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                line += (column == 0 ? "" : "  ") + (columns[column].isNumber ? padding + cell : cell + padding)
            }
            while line.last == " " { line.removeLast() }
            lines[index] = [line]
        }
        return lines.map { $0[0] }.joined(separator: "\n")
    }
}
