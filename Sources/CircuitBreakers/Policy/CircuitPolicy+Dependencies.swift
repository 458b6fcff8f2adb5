extension CircuitPolicy {
    /// Checks the policies of a server together: each by itself, and that no service needs itself, neither at once nor
    /// by way of others (B21).
    ///
    /// - Parameters:
    ///   - standard: the policy of the services that have none of their own.
    ///   - policies: the policies of single services.
    /// - Throws: the first ``InvalidCircuitPolicy``, with its service; services are looked at by name.
    public static func validate(
        default standard: CircuitPolicy,
        policies: [ServiceName: CircuitPolicy]
    ) throws(InvalidCircuitPolicy) {
        try standard.validate()
        let services = policies.keys.sorted { $0.rawValue < $1.rawValue }
        for service in services {
            do throws(InvalidCircuitPolicy) {
                try policies[service]?.validate()
            } catch {
                var invalid = error
                invalid.service = service
                throw invalid
            }
        }
        var graph = DependencyGraph { (policies[$0] ?? standard).dependsOn }
        // A service without a policy of its own can be in a circle only if something names it.
        for service in services + standard.dependsOn {
            guard let circle = graph.circle(from: service) else { continue }
            let owner = circle[0]
            throw InvalidCircuitPolicy(
                service: policies[owner] == nil ? nil : owner,
                field: "dependsOn",
                value: circle.map { "'\($0)'" }.joined(separator: " -> "),
                allowed: "services that do not need this one themselves",
                remedy: policies[owner] == nil
                    ? "'\(owner)' has the policy of all services; give it one of its own that does not name it"
                    : "take one of them out of the dependsOn of the one before it"
            )
        }
    }
}

/// Which service needs which, searched for circles depth first. Without recursion, so that no chain is too long.
private struct DependencyGraph {
    private struct Visit {
        let service: ServiceName
        var remaining: ArraySlice<ServiceName>
    }

    private let dependencies: (ServiceName) -> [ServiceName]
    /// Services that lead into no circle.
    private var cleared: Set<ServiceName> = []

    init(dependencies: @escaping (ServiceName) -> [ServiceName]) {
        self.dependencies = dependencies
    }

    /// A circle that can be reached from `start`, from its first service back to that; nil when there is none.
    mutating func circle(from start: ServiceName) -> [ServiceName]? {
        var path = [visit(start)]
        while let current = path.last {
            guard let next = current.remaining.first else {
                cleared.insert(current.service)
                path.removeLast()
                continue
            }
            path[path.count - 1].remaining.removeFirst()
            if let first = path.firstIndex(where: { $0.service == next }) {
                return path[first...].map(\.service) + [next]
            }
            if !cleared.contains(next) { path.append(visit(next)) }
        }
        return nil
    }

    private func visit(_ service: ServiceName) -> Visit {
        Visit(service: service, remaining: dependencies(service)[...])
    }
}
