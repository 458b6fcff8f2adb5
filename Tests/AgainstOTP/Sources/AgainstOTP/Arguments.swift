/// What the program was asked to do.
struct Arguments {
    var count = 2000
    var seed: UInt64 = 1
    /// How many differences are shown.
    var shown = 3
    /// Scenarios to compare in place of random ones.
    var file: String?
    /// Where the compiled Erlang modules are.
    var modules = "."

    init(_ words: some Sequence<String>) throws {
        var words = Array(words)[...]
        while let option = words.popFirst() {
            guard let value = words.popFirst() else { throw BadArgument(option: option) }
            switch option {
            case "--count": count = try Self.number(value, option)
            case "--seed": seed = UInt64(try Self.number(value, option))
            case "--show": shown = try Self.number(value, option)
            case "--file": file = value
            case "--modules": modules = value
            default: throw BadArgument(option: option)
            }
        }
    }

    private static func number(_ word: String, _ option: String) throws -> Int {
        guard let number = Int(word), number >= 0 else { throw BadArgument(option: option) }
        return number
    }
}

/// An option that there is not, or one without a fitting value.
struct BadArgument: Error {
    var option: String
}
