import Supervision
import SupervisionTesting
import Testing

actor Counter: GenServer {
    enum Message: Sendable { case add(Int), crash }
    struct Boom: Error {}
    var total = 0
    func handle(_ message: Message, _ context: ServerContext<Counter>) throws {
        switch message {
        case .add(let n): total += n
        case .crash: throw Boom()
        }
    }
    func slow(_ clock: ManualClock) async throws -> Int { try await clock.sleep(for: .seconds(1)); return total }
}
extension ServerName where Server == Counter { static var counter: Self { .init("counter") } }

@Suite struct SmokeTests {
    let clock = ManualClock()
    let recorder = EventRecorder()

    @Test func basics() async throws {
        let runtime = Runtime(clock: clock, events: recorder)
        let tree = try await Supervisor {
            Child(.counter) { Counter() }
            Worker("w") { try await Runtime.current.sleep(for: .seconds(1000)) }
            Child("inner") {
                Supervisor(strategy: .restForOne) {
                    Worker("a") { try await Runtime.current.sleep(for: .seconds(1000)) }
                }
            }
        }.start(in: runtime)
        let ref = ServerRef(.counter, in: runtime)
        ref.cast(.add(3))
        #expect(try await ref.call { $0.total } == 3)
        async let s = ref.call { try await $0.slow(self.clock) }
        await clock.waitForSleepers(4)
        clock.advance(by: .seconds(1))
        #expect(try await s == 3)
        ref.cast(.crash)
        #expect(try await ref.call { $0.total } == 0)
        print(try await tree.tree())
        try await tree.stop()
        print(recorder.lines.joined(separator: "\n"))
    }
}
