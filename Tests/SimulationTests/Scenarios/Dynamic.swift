import Supervision
import SupervisionTesting

extension Scenario {
    /// Children that are started, stopped and crash while others do the same.
    static let dynamicChildren = Scenario(
        "dynamic children",
        "R80 R55 R74 R72 S4",
        faults: .init(crash: 0.03, startFailure: 0.1, startDelay: 0.1, longestDelay: .seconds(1))
    ) { world in
        switch world.choose(in: 0..<2) {
        case 0: try await playDynamic(in: world, keepsBook: true) { Member($0, $1) }
        default: try await playDynamic(in: world, keepsBook: false) { Guest($0, $1) }
        }
    }

    /// - Parameter keepsBook: whether the children tell the book of their lives.
    private static func playDynamic<Server: GenServer>(
        in world: Simulation.World,
        keepsBook: Bool,
        make: @escaping @Sendable (_ id: String, _ book: Book) -> Server
    ) async throws where Server.Message == Member.Message {
        let book = Book()
        let limit = 3
        let tree = try await started({ try await $0.start() }) {
            DynamicSupervisor(maxChildren: limit, intensity: .init(1_000, within: .seconds(1)))
        }
        await withTaskGroup(of: Void.self) { tasks in
            for task in 0..<3 {
                tasks.addTask {
                    for step in 0..<3 {
                        let name = "\(task)-\(step)"
                        let restart = world.choose(from: [Restart.permanent, .transient, .temporary]) ?? .permanent
                        guard let child = try? await tree.startChild(restart: restart, start: { make(name, book) })
                        else { continue }
                        switch world.choose(in: 0..<4) {
                        case 0: child.cast(.crash)
                        case 1: child.cast(.end)
                        case 2:
                            if world.choose(in: 0..<2) == 1 { child.cast(.work) }
                            try? await tree.terminateChild(child)
                            if book.isAtWork(name) { book.fault("\(name) is at a message after its end") }
                        default: try? await world.sleep(for: .milliseconds(100))
                        }
                        if let counts = try? await tree.counts(), counts.specs > limit {
                            book.fault("there are \(counts.specs) children, of \(limit) at most")
                        }
                    }
                }
            }
        }
        if world.choose(in: 0..<2) == 1 {
            try await world.sleep(for: .seconds(60))
            let (counts, children) = (try await tree.counts(), try await tree.children())
            let running = children.count { if case .running = $0.status { true } else { false } }
            try world.expect(counts.active == running, "\(counts.active) active children; \(running) run")
            try world.expect(counts.specs == children.count, "as many children are listed as counted")
            try world.expect(
                !keepsBook || book.alive.count == running,
                "\(running) children run; alive are \(book.alive.count)"
            )
        }
        try await tree.stop()
        try world.expect(book.alive.isEmpty, "all have ended when their supervisor has: \(book.alive)")
        try world.expectNoFaults(in: book)
    }
}
