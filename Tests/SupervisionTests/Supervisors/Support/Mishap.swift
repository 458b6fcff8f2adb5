/// What goes wrong in these tests, told apart by a word.
struct Mishap: Error, Equatable, CustomStringConvertible {
    var description: String

    init(_ description: String = "mishap") {
        self.description = description
    }
}
