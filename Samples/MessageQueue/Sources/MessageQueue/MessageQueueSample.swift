import Foundation
import Supervision

/// The sample's way in: `swift run --package-path Samples/MessageQueue`.
@main
struct MessageQueueSample {
    static func main() async {
        do {
            try await run()
        } catch {
            try? FileHandle.standardError.write(contentsOf: Data("message-queue: \(error)\n".utf8))
            exit(EXIT_FAILURE)
        }
    }

    /// Starts the tree, plays the tour and stops the tree, whatever came of the tour.
    static func run() async throws {
        let journal = Journal()
        let runtime = Runtime(events: journal)
        try await runtime.run {
            let queue = InMemoryQueue()
            let tree = try await Application.tree(queue: queue).start(as: "app")
            let outcome: Result<Void, any Error>
            do { outcome = .success(try await Tour(queue: queue, journal: journal).run()) } catch {
                outcome = .failure(error)
            }
            try await tree.stop()
            try outcome.get()
        }
    }
}
