import Supervision
import SupervisionTesting

/// A server that holds one key while it lives, and takes others for a while.
private actor Holder: GenServer {
    enum Message: Sendable {
        case crash
        case take(String)
        case give(String)
    }

    private let registry: Registry<String, Int>
    private let book: Book
    private var held: Set<String> = []
    private var path = ""
    private var life = 0

    init(_ registry: Registry<String, Int>, _ book: Book) {
        self.registry = registry
        self.book = book
    }

    func started(_ context: ServerContext<Holder>) { (path, life) = (context.path, context.incarnation) }

    func handle(_ message: Message, _ context: ServerContext<Holder>) throws {
        switch message {
        case .crash: throw Crash()
        case .take(let key):
            guard (try? registry.register(key, context.incarnation, for: context)) != nil else { return }
            book.takes(key, "\(path), life \(context.incarnation)")
            held.insert(key)
        case .give(let key):
            if held.remove(key) != nil { book.gives(key, "\(path), life \(context.incarnation)") }
            registry.unregister(key, for: context)
        }
    }

    func terminate(reason: ExitReason) {
        for key in held { book.gives(key, "\(path), life \(life)") }
    }
}

extension Scenario {
    /// Servers that hold keys, take and give them back, crash and are started again.
    static let registry = Scenario("registry", "R90 R91 R92 R93", faults: .init(crash: 0.05)) { world in
        let book = Book()
        let registry = Registry<String, Int>(partitions: 1 + world.choose(in: 0..<3))
        let names = ["x", "y", "z"]
        let tree = try await Supervisor(intensity: .init(1_000, within: .seconds(1))) {
            for name in names {
                Child(ServerName<Holder>(name)) { Holder(registry, book) }
                    .registered(in: registry, under: "own \(name)", value: 0)
            }
        }.start()
        await withTaskGroup(of: Void.self) { tasks in
            for _ in 0..<3 {
                tasks.addTask {
                    for _ in 0..<5 {
                        let name = world.choose(from: names) ?? "x"
                        let holder = ServerRef(ServerName<Holder>(name))
                        switch world.choose(in: 0..<5) {
                        case 0: holder.cast(.crash)
                        case 1, 2: holder.cast(.take("shared"))
                        case 3: holder.cast(.give("shared"))
                        default: _ = try? await ServerRef<Holder>(registry, "own \(name)").call { _ in }
                        }
                        if registry.count(of: "shared") > 1 { book.fault("a unique key has two holders") }
                    }
                }
            }
        }
        try await world.sleep(for: .seconds(1))
        for name in names {
            try world.expect(registry.count(of: "own \(name)") == 1, "\(name) holds its own key")
            do {
                try await ServerRef<Holder>(registry, "own \(name)").call { _ in }
            } catch ServerError.exited {
                // It was found, and crashed.
            }
        }
        try await tree.stop()
        try world.expect(registry.count == 0, "no key is held when all have ended; \(registry.count) are")
        // A key is taken while another one has it, or had it until it ended without being told so.
        try world.expectNoFaults(in: book)
    }
}
