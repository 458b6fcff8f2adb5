import Supervision
import Testing

@testable import CircuitBreakers

@Suite("Circuit map")
struct CircuitMapTests {
    private let policy = SharedPolicy(CircuitPolicy())
    private let table = CircuitTable(
        rules: .init(policy: CircuitPolicy(), policies: [:], maxCircuits: 1, autoCreate: true),
        runtime: Runtime(events: SilentSink())
    )

    @Test("agrees with a dictionary over random insertions and removals")
    func agreesWithDictionary() {
        var random = SeededGenerator(state: 7)
        var map = CircuitMap()
        var model: [ServiceName: ObjectIdentifier] = [:]
        for step in 0..<20_000 {
            // Few names and many steps, so that runs of buckets form, wrap round and are torn apart.
            let service = ServiceName("service-\(random.next() % 40)")
            if model[service] == nil {
                let circuit = Circuit(service, policy: policy, table: table)
                map.insert(circuit)
                model[service] = ObjectIdentifier(circuit)
            } else {
                let removed = map.remove(service)
                #expect(removed.map(ObjectIdentifier.init) == model.removeValue(forKey: service), "step \(step)")
            }
            #expect(map.count == model.count)
            if step % 97 == 0 {
                for number in 0..<40 {
                    let name = ServiceName("service-\(number)")
                    #expect(map[name].map(ObjectIdentifier.init) == model[name], "step \(step), \(name)")
                }
            }
        }
        #expect(Set(map.circuits.map(ObjectIdentifier.init)) == Set(model.values))
    }

    @Test("finds nothing in an empty map and removes nothing from it")
    func empty() {
        var map = CircuitMap()
        #expect(map["a"] == nil)
        #expect(map.remove("a") == nil)
        #expect(map.circuits.isEmpty)
    }
}
