#if Admin
/// A text in a table, and what its colour says.
struct Cell: Equatable, Sendable {
    var text: String
    var tone = Tone.plain

    init(_ text: String, _ tone: Tone = .plain) {
        self.text = text.printable
        self.tone = tone
    }
}

/// Rows under headings, where there are any, in columns that fit into a width.
struct Table {
    struct Column {
        var heading: String
        var isRight = false
        /// What it can be shortened to; nil when it is shown in full.
        var least: Int?
        /// Whether it is left out when there is no room; the last such column first.
        var isOptional = false
    }

    var columns: [Column]
    var rows: [[Cell]] = []

    /// The lines, none of them longer than `width`. Nil is no limit.
    func lines(width: Int?, _ palette: Palette) -> [String] {
        var shown = Array(columns.indices)
        var widths = fitted(shown, width)
        while let limit = width, total(widths) > limit, let last = shown.lastIndex(where: { columns[$0].isOptional }) {
            shown.remove(at: last)
            widths = fitted(shown, width)
        }
        let headings = columns.map { Cell($0.heading, .faint) }
        let hasHeadings = headings.contains { !$0.text.isEmpty }
        return ((hasHeadings ? [headings] : []) + rows).map { row in
            var line = ""
            var gap = 0
            for (position, index) in shown.enumerated() {
                let text = row[index].text.shortened(to: widths[position])
                let space = widths[position] - text.columns
                let isRight = columns[index].isRight
                // Blanks are written when something follows, so that no line ends with any.
                if isRight || text.isEmpty { gap += space }
                if !text.isEmpty {
                    line += String(repeating: " ", count: gap) + palette.paint(text, row[index].tone)
                    gap = isRight ? 0 : space
                }
                gap += 2
            }
            return line
        }
    }

    /// The widths of the shown columns: what is in them, or less where that is too much. The widest gives way first, and one
    /// that can be left out before the others.
    private func fitted(_ shown: [Int], _ limit: Int?) -> [Int] {
        var widths = shown.map { index in
            rows.reduce(columns[index].heading.columns) { max($0, $1[index].text.columns) }
        }
        guard let limit else { return widths }
        while total(widths) > limit {
            let candidates = shown.indices.filter { position in
                columns[shown[position]].least.map { $0 < widths[position] } ?? false
            }
            func weight(_ position: Int) -> Int { widths[position] * (columns[shown[position]].isOptional ? 2 : 1) }
            guard let widest = candidates.max(by: { weight($0) < weight($1) }) else { break }
            widths[widest] -= 1
        }
        return widths
    }

    /// A table of names and values.
    static func details() -> Table {
        Table(columns: [Column(heading: ""), Column(heading: "", least: 8)])
    }

    private func total(_ widths: [Int]) -> Int {
        widths.reduce(0, +) + 2 * max(0, widths.count - 1)
    }
}
#endif
