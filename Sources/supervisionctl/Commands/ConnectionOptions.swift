#if Admin
import ArgumentParser

/// What every command takes: where the program is, and how the answer is shown.
struct ConnectionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The admin socket of the program.", valueName: "path"), completion: .file())
    var socket: String?

    @Option(help: ArgumentHelp("Its TCP address: http://HOST:PORT.", valueName: "url"))
    var url: String?

    @Option(help: ArgumentHelp("A file with the token for TCP.", valueName: "path"), completion: .file())
    var tokenFile: String?

    @Option(help: ArgumentHelp("How long an answer may take.", valueName: "seconds"))
    var timeout = 5.0

    @Flag(help: "Writes JSON, for programs.")
    var json = false

    @Flag(help: "Writes no colours.")
    var noColor = false

    @Flag(help: "Shortens nothing, however wide the lines are.")
    var wide = false

    func validate() throws {
        guard timeout > 0, timeout <= 3600 else {
            throw ValidationError("--timeout is \(timeout); more than 0 and at most 3600 seconds were expected")
        }
    }

    /// A client of the endpoint that these options and the environment name.
    func client(_ console: some Console) throws(ClientFailure) -> AdminClient {
        AdminClient(
            address: try .chosen(socket: socket, url: url, environment: console.environment),
            token: try Self.token(file: tokenFile, console),
            timeout: .milliseconds(Int64(timeout * 1000) + 1)
        )
    }

    /// The token of the file, or else of the environment; nil when there is none.
    static func token(file: String?, _ console: some Console) throws(ClientFailure) -> String? {
        var text = console.environment["SUPERVISION_ADMIN_TOKEN"] ?? ""
        var source = "SUPERVISION_ADMIN_TOKEN"
        if let file {
            source = "the file \(file)"
            do {
                text = String(decoding: try console.contents(ofFile: file), as: UTF8.self)
            } catch {
                throw .usage("\(source) cannot be read; correct --token-file, or make the file readable for you")
            }
        }
        // The token itself is never shown.
        let token = String(text.trimmedLines)
        if token.isEmpty {
            if file != nil { throw .usage("\(source) is empty; a token was expected") }
            return nil
        }
        guard token.utf8.allSatisfy({ $0 > 32 && $0 < 127 }), token.utf8.count <= 4096 else {
            throw .usage("\(source) holds no token: one line of at most 4096 visible characters was expected")
        }
        return token
    }
}

extension String {
    fileprivate var trimmedLines: Substring {
        let front = drop { $0.isWhitespace }
        guard let last = front.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return front[...last]
    }
}
#endif
