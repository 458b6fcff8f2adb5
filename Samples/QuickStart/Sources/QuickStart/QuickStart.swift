import ArgumentParser
import Foundation

/// The sample's way in: `swift run --package-path Samples/QuickStart`.
@main
struct QuickStart {
    static func main() async {
        // A reader that goes away, as `head` does, is to be seen as a failed write, not to end the process.
        signal(SIGPIPE, SIG_IGN)
        reachLoopbackDirectly()
        let arguments = parseArguments()
        do {
            try await Session(arguments).run()
        } catch let error as UnusableUpstream {
            fail("\(error)", EX_UNAVAILABLE)
        } catch {
            fail("\(error)", EXIT_FAILURE)
        }
    }

    /// Keeps a proxy that the environment asks for out of the way to the built-in upstream, which it cannot reach.
    ///
    /// The URLSession of Linux takes its proxies from there, and has no setting against it.
    private static func reachLoopbackDirectly() {
        let environment = ProcessInfo.processInfo.environment
        let others = environment["no_proxy"] ?? environment["NO_PROXY"]
        setenv("no_proxy", [others, "127.0.0.1"].compactMap(\.self).joined(separator: ","), 1)
    }

    private static func parseArguments() -> Arguments {
        do {
            return try Arguments.parse()
        } catch {
            let status = Arguments.exitCode(for: error)
            // Help was asked for.
            if status.isSuccess { Arguments.exit(withError: error) }
            fail("\(Arguments.message(for: error)) (see --help)", status.rawValue)
        }
    }

    /// Ends the process with one line that says why.
    private static func fail(_ line: String, _ status: Int32) -> Never {
        try? FileHandle.standardError.write(contentsOf: Data("quick-start: \(line)\n".utf8))
        exit(status)
    }
}
