import Foundation

extension Duration {
    /// For a person to read, to a tenth of a second: `1.5 s`; in smaller units below that.
    var inSeconds: String {
        let seconds = self / .seconds(1)
        switch abs(seconds) {
        case 0.1...: return String(format: "%.1f s", seconds)
        case 0.001...: return String(format: "%.1f ms", seconds * 1_000)
        default: return String(format: "%.0f µs", seconds * 1_000_000)
        }
    }
}

extension String {
    /// The text in lines of at most `width` characters, broken between words.
    func wrapped(at width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? "\(word)" : " \(word)"
        }
        if !line.isEmpty { lines.append(line) }
        return lines
    }

    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
