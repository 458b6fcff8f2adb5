internal import Synchronization

/// How many objects of the program that the library holds are alive: what is left when a tree has ended was leaked.
final class Census: Sendable {
    enum Kind: Int, CaseIterable, Sendable {
        case server, message, call, task, operation
    }

    private let servers = Atomic(0)
    private let messages = Atomic(0)
    private let calls = Atomic(0)
    private let tasks = Atomic(0)
    private let operations = Atomic(0)

    func count(_ kind: Kind, _ change: Int) {
        switch kind {
        case .server: servers.add(change, ordering: .relaxed)
        case .message: messages.add(change, ordering: .relaxed)
        case .call: calls.add(change, ordering: .relaxed)
        case .task: tasks.add(change, ordering: .relaxed)
        case .operation: operations.add(change, ordering: .relaxed)
        }
    }

    subscript(kind: Kind) -> Int {
        switch kind {
        case .server: servers.load(ordering: .relaxed)
        case .message: messages.load(ordering: .relaxed)
        case .call: calls.load(ordering: .relaxed)
        case .task: tasks.load(ordering: .relaxed)
        case .operation: operations.load(ordering: .relaxed)
        }
    }

    var isEmpty: Bool { Kind.allCases.allSatisfy { self[$0] == 0 } }

    var words: String {
        Kind.allCases.filter { self[$0] != 0 }.map { "\(self[$0]) \($0)s" }.joined(separator: ", ")
    }
}

/// Counts itself as long as somebody holds it. Closures, messages and timers carry one.
final class Witness: Sendable {
    private let census: Census
    private let kind: Census.Kind

    init(_ kind: Census.Kind, _ census: Census) {
        self.census = census
        self.kind = kind
        census.count(kind, 1)
    }

    deinit {
        census.count(kind, -1)
    }
}
