internal import Synchronization

/// A server, worker or supervisor that is reached by its path and without its type: what an operator works with.
///
/// It leads to a place in the tree, as a ``ServerRef`` does, and survives restarts.
package struct TreePart: Sendable {
    let place: any ManagedPlace
    /// What its supervisor knows of it; nil for the topmost one.
    package let info: ChildInfo?

    /// The topmost supervisor of the tree that a server is in.
    package static func root<Server: GenServer>(of context: ServerContext<Server>) -> TreePart {
        var place: any ManagedPlace = context.place
        while let above = place.parent.supervisor { place = above }
        return TreePart(place: place, info: nil)
    }

    /// The id within its supervisor, with a number of its own in a dynamic one.
    package var id: ChildID { place.ownID }
    /// Where it stands in the tree.
    package var path: String { place.path }
    /// The type of a server; `worker`, or a kind of supervisor.
    package var kind: String { place.supervisor?.title ?? place.kind.description }
    /// What it is doing.
    package var status: ServerStatus { info?.status ?? place.status }
    package var isSupervisor: Bool { place.supervisor != nil }

    /// What it has done, as ``ServerRef/statistics()`` has it.
    package var statistics: ServerStatistics { place.operations.statistics }
    /// Its last messages, as ``ServerRef/messageLog()`` has them.
    package var messageLog: [LoggedMessage] { place.operations.messageLog }

    /// As ``ServerRef/suspend(timeout:)``.
    package func suspend() async throws { try await place.operations.suspend() }
    /// As ``ServerRef/resume()``.
    package func resume() throws { try place.operations.resume() }
    /// As ``ServerRef/observe(log:trace:)``.
    package func observe(log: Int, trace: Bool) { place.operations.observe(log: log, trace: trace) }
    /// As ``ServerRef/stopObserving()``.
    package func stopObserving() { place.operations.stopObserving() }
}

// MARK: - What is below it

extension TreePart {
    /// Some of a supervisor's children.
    package struct Children: Sendable {
        /// In start order.
        package var parts: [TreePart]
        /// How many there are in all.
        package var total: Int
        /// The first that was left out for want of room.
        package var next: ChildID?
        /// Which children are restarted together; nil when there is only one way.
        package var strategy: Strategy?
    }

    /// The children in start order, `limit` of them from `first` on; nil for what is no supervisor.
    ///
    /// The supervisor is asked once, and looks closely at no more than it tells of.
    ///
    /// - Throws: ``ServerError`` when it does not answer.
    package func children(from first: ChildID? = nil, limit: Int) async throws -> Children? {
        guard let supervisor = place.supervisor else { return nil }
        let page = try await supervisor.residents(from: first, limit: limit)
        let parts = page.residents.map { TreePart(place: $0.place, info: $0.info) }
        return Children(parts: parts, total: page.total, next: page.next, strategy: page.strategy)
    }

    /// The part at that path, which is this one or below it; nil when there is none.
    ///
    /// - Throws: ``ServerError`` when a supervisor on the way does not answer.
    package func find(_ path: String) async throws -> TreePart? {
        var part = self
        while part.path != path {
            guard path.hasPrefix(part.path + "/"), let supervisor = part.place.supervisor else { return nil }
            // An id has no slash.
            let id = path.dropFirst(part.path.count + 1).prefix { $0 != "/" }
            guard let resident = try await supervisor.resident(of: ChildID(String(id))) else { return nil }
            part = TreePart(place: resident.place, info: resident.info)
        }
        return part
    }

    /// Whether it is a supervisor that has decided to end, and stops its children.
    ///
    /// - Throws: ``ServerError`` when it does not answer.
    package func isEnding() async throws -> Bool {
        try await place.supervisor?.isEnding() ?? false
    }
}

// MARK: - What its supervisor does to it

extension TreePart {
    /// Stops it, as `terminateChild` does (R70, R72).
    ///
    /// - Throws: ``SupervisorError``, ``ServerError``; ``NoSupervisor`` for the topmost supervisor.
    package func terminate() async throws {
        try await supervisorAbove().stop(id)
    }

    /// Stops it if it runs, and starts it again; it counts as no restart (R70). One that was begun is finished, also when
    /// the caller is cancelled in between.
    ///
    /// - Throws: ``SupervisorError``, ``ServerError``; ``NoSupervisor`` for the topmost supervisor.
    package func restart() async throws {
        let supervisor = try supervisorAbove()
        let id = id
        let failure = Failure()
        // Unstructured, since a child that was stopped must not stay down because whoever asked has gone.
        await place.runtime.spawn {
            do {
                try await supervisor.stopAndStart(id)
            } catch {
                failure.error.withLock { $0 = error }
            }
        }.value
        if let error = failure.error.withLock({ $0 }) { throw error }
    }

    private final class Failure: Sendable {
        let error = Mutex<(any Error)?>(nil)
    }

    private func supervisorAbove() throws -> any SupervisorAddress {
        guard let supervisor = place.parent.supervisor?.supervisor else { throw NoSupervisor(path: path) }
        return supervisor
    }

    /// The topmost supervisor was to be stopped or restarted by one above it.
    package struct NoSupervisor: Error, CustomStringConvertible {
        let path: String
        package var description: String {
            "'\(path)' is the topmost supervisor, and has none above it; end the program to stop it"
        }
    }

    /// A child of a dynamic supervisor was to be restarted, which that does not do on request.
    package struct RestartOfDynamicChild: Error, CustomStringConvertible {
        let id: ChildID
        package var description: String {
            """
            '\(id)' belongs to a dynamic supervisor, which forgets a child that it stops; terminate it, and have the \
            program start another one
            """
        }
    }
}
