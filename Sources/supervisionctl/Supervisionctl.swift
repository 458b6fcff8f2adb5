#if Admin
import ArgumentParser

@main struct Supervisionctl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "supervisionctl",
        abstract: "Looks into a running program's supervision tree and circuits, and changes them."
    )
}
#else
@main struct Supervisionctl {
    static func main() {
        print("supervisionctl is a part of the trait Admin: swift run --traits Admin supervisionctl")
    }
}
#endif
