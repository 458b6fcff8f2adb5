extension Simulation {
    /// What was decided in a run, in the order in which it was: which task went next, and what failed.
    ///
    /// Zero is the plain way, and what a list leaves off is zero. It reads as numbers with dots between them, such as
    /// `0.0.2.1`, and can be made from that again.
    public struct Schedule: Sendable, Hashable, LosslessStringConvertible, ExpressibleByStringLiteral {
        /// The decisions, without the zeros at the end.
        public let choices: [Int]

        /// The schedule of those decisions.
        public init(_ choices: [Int]) {
            let end = choices.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
            self.choices = Array(choices[..<end])
        }

        /// The schedule that reads like that; nil when no schedule does.
        public init?(_ description: String) {
            var choices: [Int] = []
            for part in description.split(separator: ".", omittingEmptySubsequences: true) {
                guard let choice = Int(part), choice >= 0 else { return nil }
                choices.append(choice)
            }
            self.init(choices)
        }

        /// The schedule that reads like that. What is no number counts as zero.
        public init(stringLiteral value: String) {
            self.init(value.split(separator: ".").map { max(0, Int($0) ?? 0) })
        }

        public var description: String {
            choices.isEmpty ? "0" : choices.map(String.init).joined(separator: ".")
        }
    }
}
