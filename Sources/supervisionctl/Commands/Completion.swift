#if Admin
import ArgumentParser
import CircuitBreakers
import SupervisionAdmin

/// Names for the shell to complete, asked of the endpoint.
enum Completion {
    static let services = CompletionKind.custom { arguments, _, prefix in
        await names(arguments, prefix, SystemConsole(), services)
    }

    static let paths = CompletionKind.custom { arguments, _, prefix in
        await names(arguments, prefix, SystemConsole(), paths)
    }

    static func services(_ client: AdminClient) async throws -> [String] {
        try await client.send(.get("circuits"), as: CircuitsReport.self).answer.circuits.map(\.figures.service.rawValue)
    }

    static func paths(_ client: AdminClient) async throws -> [String] {
        try await client.send(.get("tree", query: [("limit", "200")]), as: TreeNode.self).answer.all.map(\.path)
    }

    /// Names that begin with `prefix`; none when the endpoint does not say any soon. Only such as need no quotes.
    static func names(
        _ arguments: [String],
        _ prefix: String,
        _ console: some Console,
        _ ask: @Sendable (AdminClient) async throws -> [String]
    ) async -> [String] {
        do {
            var options = try ConnectionOptions.parse([])
            options.socket = value("--socket", in: arguments)
            options.url = value("--url", in: arguments)
            options.tokenFile = value("--token-file", in: arguments)
            options.timeout = 1
            let names = try await ask(try options.client(console))
            return names.filter { $0.hasPrefix(prefix) && $0.printable == $0 && !$0.contains(where: \.isWhitespace) }
        } catch {
            // A shell that completes has nowhere to show what is wrong.
            return []
        }
    }

    /// What an option has on the command line that is being written.
    static func value(_ option: String, in arguments: [String]) -> String? {
        if let index = arguments.lastIndex(of: option), index + 1 < arguments.count { return arguments[index + 1] }
        return arguments.last { $0.hasPrefix(option + "=") }.map { String($0.dropFirst(option.count + 1)) }
    }
}
#endif
