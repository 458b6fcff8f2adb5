#if Admin
import ArgumentParser
import SupervisionAdmin

struct Tree: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what is running: supervisors and their children."
    )

    @Argument(help: "Where to begin; the root when left out.", completion: Completion.paths)
    var path: String?

    @Option(help: ArgumentHelp("How many levels below that.", valueName: "levels"))
    var depth: Int?

    @Option(help: ArgumentHelp("How many children of each supervisor.", valueName: "children"))
    var limit: Int?

    @Option(help: ArgumentHelp("The first child to show.", valueName: "path"), completion: Completion.paths)
    var from: String?

    @OptionGroup var connection: ConnectionOptions

    var target: String? { path ?? from }

    func run(in session: Session) async throws {
        let request = AdminRequest.get(
            "tree",
            query: [
                ("path", path), ("depth", depth.map(String.init)), ("limit", limit.map(String.init)), ("from", from),
            ]
        )
        let (root, document) = try await session.client.send(request, as: TreeNode.self)
        if session.isJSON { return session.write(document: document) }
        session.write(TreeDisplay.lines(root, width: session.width, session.palette))
        for node in root.all {
            guard let next = node.next else { continue }
            session.console.complain("More: supervisionctl tree \(node.path.quoted) --from \(next.quoted)")
        }
    }
}

extension String {
    /// As a word for a shell.
    var quoted: String {
        let isPlain = !isEmpty && utf8.allSatisfy { "/-_.:@%+,=".utf8.contains($0) || $0.isLetterOrDigit }
        return isPlain
            ? printable
            : "'" + printable.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }
}

extension UInt8 {
    fileprivate var isLetterOrDigit: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
#endif
