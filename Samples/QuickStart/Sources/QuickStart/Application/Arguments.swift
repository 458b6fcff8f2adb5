import ArgumentParser
import Foundation

/// What the sample is called with.
struct Arguments: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "QuickStart",
        abstract: "A supervision tree with a circuit breaker and a real upstream, to play with."
    )

    private static let urlExample = "http://127.0.0.1:8080/users"

    @Flag(help: "Play the tour, even on a terminal. Without a terminal it is played anyway.")
    var tour = false

    @Option(help: "The Unix socket for supervisionctl; by default one of this process in the temporary folder.")
    var admin: String?

    @Option(
        help: ArgumentHelp(
            "Fetch the users from this URL instead of the built-in upstream.",
            discussion: #"It must answer GET with JSON such as [{"id": 1, "name": "Ada"}]."#
        ),
        transform: { try Self.url($0) }
    )
    var url: URL?

    static func url(_ text: String) throws(ValidationError) -> URL {
        guard let url = URL(string: text), let scheme = url.scheme?.lowercased() else {
            throw ValidationError("that is no URL; give one such as \(urlExample)")
        }
        guard scheme == "http" || scheme == "https" else {
            throw ValidationError("only http and https can be fetched, not '\(scheme)'")
        }
        guard url.host()?.isEmpty == false else {
            throw ValidationError("it names no host; give a URL such as \(urlExample)")
        }
        if let port = url.port, !(1...65_535).contains(port) {
            throw ValidationError("there is no port \(port); ports are 1 to 65535")
        }
        return url
    }
}
