import Supervision
import Testing

@testable import CircuitBreakers

@Suite("Circuit map")
struct CircuitMapTests {
    private let policy = SharedPolicy(CircuitPolicy())
    private let table = CircuitTable.forTests()

    @Test("agrees with a dictionary over random insertions and removals")
    func agreesWithDictionary() {
        var random = SeededGenerator(state: 7)
        let map = CircuitMap()
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

    @Test("lets a call in by the lane of its own circuit, however many there are, and not after that is taken out")
    func enters() throws {
        let map = CircuitMap()
        let names = (0..<1_000).map { ServiceName("service-\($0)") }
        let circuits = names.map { Circuit($0, policy: policy, table: table) }
        for circuit in circuits { map.insert(circuit) }
        var found = 0
        for (name, circuit) in zip(names, circuits) {
            guard let entrance = map.enter(name) else { continue }
            #expect(entrance.lane == circuit.lane)
            found += 1
        }
        // A few stand too far from where a look at them begins.
        #expect(found > 900)
        for name in names { _ = map.remove(name) }
        #expect(names.allSatisfy { map.enter($0) == nil })
        withExtendedLifetime(circuits) {}
    }

    @Test("finds nothing in an empty map and removes nothing from it")
    func empty() {
        let map = CircuitMap()
        #expect(map["a"] == nil)
        #expect(map.remove("a") == nil)
        #expect(map.circuits.isEmpty)
    }
}
