import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

@Suite("Circuits that come and go under load")
struct ChangingHandsTests {
    private struct Calls: Sendable {
        var admitted = 0
        /// By the circuit of another service.
        var mistaken = 0
    }

    @Test("B4 B22 B23 a call is let in by the circuit of the service that it names, and is counted out again")
    func changing() async throws {
        let breakers = CircuitBreakerServer(maxCircuits: 3)
        let all = await withTaskGroup(of: Calls.self) { group in
            for caller in 1...4 {
                group.addTask { Self.call(breakers, seed: UInt64(caller)) }
            }
            group.addTask {
                await Self.change(breakers)
                return Calls()
            }
            return await group.reduce(into: Calls()) { sum, part in
                sum.admitted += part.admitted
                sum.mistaken += part.mistaken
            }
        }
        #expect(all.mistaken == 0)
        #expect(all.admitted > 4_000)
        // A circuit that thinks that a call is in flight would not make room for others.
        _ = await breakers.admin(.resetAll)
        for number in 0..<6 { try breakers.permit(ServiceName("another-\(number)")).succeed() }
        #expect(breakers.table.allCircuits.count == 3)
    }

    private static func call(_ breakers: CircuitBreakerServer, seed: UInt64) -> Calls {
        var random = SeededGenerator(state: seed)
        var calls = Calls()
        for _ in 0..<8_000 {
            let service = name(&random)
            guard let permit = try? breakers.permit(service) else { continue }
            calls.admitted += 1
            if permit.service != service { calls.mistaken += 1 }
            switch random.next() % 8 {
            case 0: permit.ignore()
            case 1: permit.fail(CancellationError())
            default: permit.succeed()
            }
        }
        return calls
    }

    private static func change(_ breakers: CircuitBreakerServer) async {
        var random = SeededGenerator(state: 99)
        for round in 0..<2_000 {
            let service = name(&random)
            switch round % 3 {
            case 0: _ = await breakers.admin(.remove(service))
            case 1: try? await breakers.configure(service, CircuitPolicy())
            default: _ = await breakers.admin(.reset(service))
            }
        }
    }

    /// A name made anew, so that one text is held in several places, or where the string itself is.
    private static func name(_ random: inout SeededGenerator) -> ServiceName {
        let number = random.next() % 9
        return ServiceName(number % 2 == 0 ? "s\(number)" : "a service of which the name is a long one \(number)")
    }
}
