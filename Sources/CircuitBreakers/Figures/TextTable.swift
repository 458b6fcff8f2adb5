/// Rows of text under a row of headings, in columns that are as wide as what is in them.
struct TextTable: CustomStringConvertible {
    struct Column {
        let heading: String
        let isRight: Bool

        static func left(_ heading: String) -> Column { Column(heading: heading, isRight: false) }
        static func right(_ heading: String) -> Column { Column(heading: heading, isRight: true) }
    }

    let columns: [Column]
    let rows: [[String]]

    var description: String {
        let widths = columns.indices.map { index in
            rows.reduce(columns[index].heading.count) { max($0, $1[index].count) }
        }
        let lines = ([columns.map(\.heading)] + rows).map { cells in
            let padded = cells.indices.map { index in
                let space = String(repeating: " ", count: widths[index] - cells[index].count)
                return columns[index].isRight ? space + cells[index] : cells[index] + space
            }
            let line = padded.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
        return lines.joined(separator: "\n")
    }
}
