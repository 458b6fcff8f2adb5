#if Admin
extension String {
    /// In one line, without anything that a terminal would obey: what is shown comes from another program.
    var printable: String {
        let isPlain = unicodeScalars.allSatisfy { !$0.isObeyed }
        return isPlain ? self : String(String.UnicodeScalarView(unicodeScalars.map { $0.isObeyed ? "\u{FFFD}" : $0 }))
    }

    /// How many columns a terminal gives it.
    var columns: Int { reduce(0) { $0 + $1.columns } }

    /// At most so many columns: what is too long loses its middle, since the ends of names and paths tell most.
    func shortened(to width: Int) -> String {
        guard columns > width else { return self }
        guard width > 1 else { return width == 1 ? "…" : "" }
        let front = prefix(columns: (width - 1) / 2)
        let back = String(String(reversed()).prefix(columns: width - 1 - front.columns).reversed())
        return front + "…" + back
    }

    /// As much of its beginning as fits into so many columns.
    func prefix(columns width: Int) -> String {
        var text = ""
        var used = 0
        for character in self {
            used += character.columns
            if used > width { break }
            text.append(character)
        }
        return text
    }
}

extension Character {
    /// Letters of East Asia and pictures take two columns.
    fileprivate var columns: Int {
        guard let scalar = unicodeScalars.first else { return 0 }
        if scalar.properties.isEmojiPresentation || unicodeScalars.contains("\u{FE0F}") { return 2 }
        switch scalar.value {
        case 0x0300...0x036F, 0x200B...0x200F, 0xFE00...0xFE0F: return 0
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }
}

extension Unicode.Scalar {
    /// Whether a terminal does something about it other than to show it, such as to turn the direction of writing.
    fileprivate var isObeyed: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .surrogate: true
        default: (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value)
        }
    }
}
#endif
