import CircuitBreakers
import Foundation
import Supervision

/// The steps about the supervision tree.
extension Tour {
    mutating func crashServer() async throws {
        try await begin(
            "A server crashes and is restarted",
            """
            The user directory throws an error while it handles a message. Its supervisor starts a new one in its \
            place; the others notice nothing. What it had in memory is gone, so it fetches the users again. A \
            reference to it, taken before the crash, leads to the new one.
            """
        )
        let users = ServerRef(.users)
        narrator.tell("users", "before the crash: \(users.status.inWords)", .plain)
        users.cast(.crash)
        try await waitForChild("users", to: "crash") { kind in
            if case .ended = kind { true } else { false }
        }
        try await waitForChild("users", to: "be restarted") { kind in
            if case .restarted = kind { true } else { false }
        }
        try await waitForUsers()
        narrator.tell("users", "after it, through the same reference: \(users.status.inWords)", .plain)
    }

    mutating func crashUntilGivenUp() async throws {
        try await begin(
            "A crash loop, and a supervisor that gives up",
            """
            Somebody spoils the template of the reports, so the mailer crashes. To restart it does not help, for the \
            template is kept by its neighbour. After \(Settings.reportsRestarts) restarts within 5 s their \
            supervisor 'reports' gives up: it stops its children and ends. Its parent restarts all of it, templates \
            included, and that cures it.
            """
        )
        try await ServerRef(.templates).call { $0.spoil() }
        try await waitForChild("reports/mailer", to: "crash once too often") { kind in
            if case .gaveUp = kind { true } else { false }
        }
        try await waitForChild("reports", to: "be restarted by its parent") { kind in
            if case .restarted = kind { true } else { false }
        }
        try await wait(for: "a report of the mailer") { event in
            if case .mailed? = event as? AppEvent { true } else { false }
        }
        try await showTree()
    }

    /// The paths of the children in the order in which they are to stop.
    mutating func terminate() async throws -> [String] {
        try await begin(
            "SIGTERM",
            """
            The tour sends its own process the signal with which a service manager ends a service. Each child is \
            stopped and cleans up, the one that was started last first.
            """
        )
        let app = try await ServerRef(.app).tree()
        kill(getpid(), SIGTERM)
        return app.stopOrder + [app.path]
    }
}

extension ServerStatus {
    fileprivate var inWords: String {
        if case .running(let incarnation) = self { "running, life \(incarnation)" } else { description }
    }
}

extension TreeSnapshot {
    /// The paths below this one in the order in which they are stopped: last started, first stopped, and a supervisor
    /// when its children have been.
    var stopOrder: [String] {
        children.reversed().flatMap { $0.stopOrder + [$0.path] }
    }
}
