import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Supervisors: children that start together")
struct TogetherTests {
    let bench = Bench()

    @Test("A2 R10 R50 they start side by side: each can wait for the other; what stands after starts when all run")
    func sideBySide() async throws {
        let left = HoldPoint()
        let right = HoldPoint()
        let tree = try await Supervisor {
            bench.probe("first")
            Together {
                bench.probe(
                    "left",
                    onStart: {
                        left.open()
                        await right.hold()
                    }
                )
                bench.probe(
                    "right",
                    onStart: {
                        right.open()
                        await left.hold()
                    }
                )
            }
            bench.probe("last")
        }.start(in: bench.runtime)
        let starts = bench.journal.take()
        #expect(starts.first == "start first")
        #expect(Set(starts[1...2]) == ["start left", "start right"])
        #expect(starts.last == "start last")
        #expect(try await tree.lives() == ["first running", "left running", "right running", "last running"])
        try await tree.stop(.shutdown)
        #expect(bench.journal.take() == ["stop last", "stop right", "stop left", "stop first"])
    }

    @Test("A2 R13 when one fails, the other's start is cancelled, and what ran before is stopped")
    func failure() async throws {
        let hold = HoldPoint()
        let error = await #expect(throws: SupervisorError.self) {
            try await Supervisor {
                bench.probe("first")
                Together {
                    bench.probe(
                        "slow",
                        onStart: { [bench] in
                            hold.open()
                            do {
                                try await Runtime.current.sleep(for: .seconds(1000))
                            } catch {
                                bench.journal.note("cancelled")
                                throw error
                            }
                        }
                    )
                    bench.probe(
                        "bad",
                        onStart: {
                            await hold.hold()
                            throw Mishap("no disk")
                        }
                    )
                }
                bench.probe("last")
            }.start(in: bench.runtime)
        }
        #expect(error.map(MachineWords.words) == "app/bad failed: no disk")
        #expect(bench.journal.take() == ["start first", "cancelled", "stop first"])
    }

    @Test("A2 chains side by side are nested supervisors: each keeps its own order")
    func chains() async throws {
        let hold = HoldPoint()
        let start = Task { [bench] in
            try await Supervisor {
                Together {
                    Child("left") {
                        Supervisor {
                            bench.probe("a", onStart: { await hold.hold() })
                            bench.probe("b")
                        }
                    }
                    Child("right") {
                        Supervisor {
                            bench.probe("c")
                            bench.probe("d")
                        }
                    }
                }
                bench.probe("last")
            }.start(in: bench.runtime)
        }
        await bench.recorder.waitFor(line: "app/right started")
        #expect(bench.journal.take() == ["start c", "start d"])
        hold.open()
        let tree = try await start.value
        #expect(bench.journal.take() == ["start a", "start b", "start last"])
        try await tree.stop(.shutdown)
    }

    @Test("A2 the list within may use if and for; one within another, and an empty one, say no more")
    func builder() {
        let isLarge = true
        let supervisor = Supervisor {
            bench.probe("a")
            Together {
                for id in ["b", "c"] { bench.probe(id) }
                if isLarge {
                    Together {
                        Worker("d") {}
                        bench.probe("e")
                    }
                }
            }
            Together {}
            bench.probe("f")
        }
        #expect(supervisor.specifications.map(\.id) == ["a", "b", "c", "d", "e", "f"])
        #expect(supervisor.specifications.map(\.startsWithPrevious) == [false, false, true, true, true, false])
    }
}
