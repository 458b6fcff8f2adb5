#if Observability
/// Names, labels and numbers as the text format has them.
enum TextNames {
    /// What a family of series is called: the format's characters alone, and the suffix that scrapers expect.
    static func family(_ label: String, suffix: String?) -> String {
        let name = plain(label, allowingColons: true)
        guard let suffix, !name.hasSuffix("_\(suffix)") else { return name }
        return "\(name)_\(suffix)"
    }

    /// The labels of a series in braces; nothing when there are none. Labels that have one name in the format get
    /// another one each, and so does the one that the format keeps for itself.
    static func labels(_ dimensions: [(String, String)]) -> String {
        var names: Set<String> = ["le"]
        let parts = dimensions.map { label, value in
            var name = plain(label, allowingColons: false)
            while !names.insert(name).inserted { name += "_" }
            return "\(name)=\"\(escaped(value, quotes: true))\""
        }
        return parts.joined(separator: ",")
    }

    /// The name of a series with its labels.
    static func series(_ name: String, _ labels: String, and more: String? = nil) -> String {
        let all = [labels, more ?? ""].filter { !$0.isEmpty }.joined(separator: ",")
        return all.isEmpty ? name : "\(name){\(all)}"
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if let whole = Int(exactly: value) { return "\(whole)" }
        return "\(value)"
    }

    static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func plain(_ label: String, allowingColons: Bool) -> String {
        var result = ""
        for scalar in label.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "_": result.unicodeScalars.append(scalar)
            case "0"..."9": result += result.isEmpty ? "_\(scalar)" : "\(scalar)"
            case ":" where allowingColons: result += ":"
            default: result += "_"
            }
        }
        return result.isEmpty ? "_" : result
    }
}
#endif
