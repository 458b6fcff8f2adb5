#if Admin
/// What a colour says. No meaning is in a colour alone: the words beside it say the same.
enum Tone: Sendable {
    case plain, good, notice, bad, faint, strong

    fileprivate var code: String? {
        switch self {
        case .plain: nil
        case .good: "32"
        case .notice: "33"
        case .bad: "1;31"
        case .faint: "2"
        case .strong: "1"
        }
    }
}

/// Colours, or none.
struct Palette: Equatable, Sendable {
    var isOn: Bool

    static let none = Palette(isOn: false)

    /// Colours on a terminal that has some, unless somebody does not want them (`NO_COLOR`, https://no-color.org).
    static func chosen(isTerminal: Bool, noColor: Bool, environment: [String: String]) -> Palette {
        let isUnwanted = noColor || !(environment["NO_COLOR"] ?? "").isEmpty || environment["TERM"] == "dumb"
        return Palette(isOn: isTerminal && !isUnwanted)
    }

    func paint(_ text: String, _ tone: Tone) -> String {
        guard isOn, !text.isEmpty, let code = tone.code else { return text }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }
}
#endif
