import SupervisionTesting
import Testing

@testable import Supervision

extension ServerName where Server == PartitionSupervisor<Probe> {
    static var probes: Self { .init("probes") }
}

@Suite("Partition supervisors")
struct PartitionSupervisorTests {
    let bench = Bench()
    let hold = HoldPoint()

    private func start(_ partitions: Int) async throws -> ServerRef<PartitionSupervisor<Probe>> {
        try await PartitionSupervisor(
            partitions: partitions,
            intensity: RestartIntensity(1000, within: .seconds(1)),
            of: Probe.self
        ) { [bench] number in
            Child(ChildID("\(number)")) { Probe("\(number)", bench.journal) }
        }.start(in: bench.runtime)
    }

    private func name(_ ref: ServerRef<Probe>) async throws -> String {
        try await ref.call { $0.name }
    }

    @Test("R89 a whole number leads to the partition with that remainder, whatever its type and its sign")
    func integers() async throws {
        let tree = try await start(3)
        for key in -7...7 {
            #expect(try await name(tree.ref(for: key)) == "\(abs(key) % 3)")
        }
        #expect(try await name(tree.ref(for: Int8(-128))) == "\(128 % 3)")
        #expect(try await name(tree.ref(for: UInt64.max)) == "\(UInt64.max % 3)")
        #expect(try await name(tree.ref(for: Int.min)) == "\(Int.min.magnitude % 3)")
        // Also where the compiler does not know that it is a number.
        for key in (0..<20).map({ AnyHashable($0) }) {
            #expect(try await name(tree.ref(for: key)) == name(tree.ref(for: key.base as? Int ?? -1)))
        }
        try await tree.stop(.shutdown)
    }

    @Test("R89 any other key leads to the same partition each time, and many keys are spread over all")
    func hashes() async throws {
        let tree = try await start(4)
        var seen: Set<String> = []
        for number in 0..<200 {
            let first = try await name(tree.ref(for: "user-\(number)"))
            #expect(try await name(tree.ref(for: "user-\(number)")) == first)
            seen.insert(first)
        }
        #expect(seen.count == 4)
        #expect(try await name(tree.ref(for: ChildID("x"))) == name(tree.ref(for: ChildID("x"))))
        try await tree.stop(.shutdown)
    }

    @Test("R89 R10 R50 without a number there is one for each processor; they are started in order, stopped in reverse")
    func order() async throws {
        let tree = try await Supervisor {
            Child(.probes) { [bench] in PartitionSupervisor { Probe("p", bench.journal) } }
        }.start(in: bench.runtime)
        let probes = ServerRef(.probes, in: bench.runtime)
        #expect(try probes.partitions().count == Runtime.processorCount)
        #expect(try await probes.counts().specs == Runtime.processorCount)
        try await tree.stop(.shutdown)
        let three = try await start(3)
        #expect(try await three.children().map(\.path) == ["app/2", "app/1", "app/0"])
        _ = bench.journal.take()
        try await three.stop(.shutdown)
        #expect(bench.journal.take() == ["stop 2", "stop 1", "stop 0"])
    }

    @Test("R89 R40 a partition that crashes is restarted alone, and its keys lead to it as before")
    func restart() async throws {
        let tree = try await start(2)
        let ref = try tree.ref(for: 1)
        #expect(try await ref.call { $0.add(5) } == 5)
        #expect(try await tree.ref(for: 0).call { $0.add(5) } == 5)
        ref.crash()
        await bench.recorder.waitFor(line: "app/1 restarted, life 2")
        #expect(try await tree.ref(for: 1).call { $0.total } == 0)
        #expect(try await tree.ref(for: 0).call { $0.total } == 5)
        #expect(bench.journal.take() == ["start 0", "start 1", "stop 1", "start 1"])
        try await tree.stop(.shutdown)
    }

    @Test("R89 S2 the keys of a partition that waits for its restart still lead to it, and calls wait")
    func waiting() async throws {
        let tree = try await PartitionSupervisor(partitions: 2, backoff: .constant(.seconds(1))) { Probe("p") }
            .start(in: bench.runtime)
        try tree.ref(for: 1).crash()
        await bench.recorder.waitFor(line: "app/1 crashed: mishap; restarts in 1 s")
        let call = Task { try await tree.ref(for: 1).call { $0.add(1) } }
        await bench.clock.waitForSleepers(2)
        bench.clock.advance(by: .seconds(1))
        #expect(try await call.value == 1)
        try await tree.stop(.shutdown)
    }

    @Test("R89 resize stops the last partitions and spreads the keys over the rest; they come back fresh")
    func resize() async throws {
        let tree = try await start(4)
        _ = bench.journal.take()
        let last = try tree.ref(for: 3)
        #expect(try await last.call { $0.add(1) } == 1)
        try await tree.resize(to: 2)
        #expect(bench.journal.take() == ["stop 3", "stop 2"])
        #expect(try await name(tree.ref(for: 3)) == "1")
        #expect(try tree.partitions().count == 2)
        let counts = try await tree.counts()
        #expect([counts.specs, counts.active] == [4, 2])
        await #expect(throws: ServerError.self) { try await last.call { $0.total } }
        try await tree.resize(to: 2)
        #expect(bench.journal.take() == [])
        try await tree.resize(to: 4)
        #expect(bench.journal.take() == ["start 2", "start 3"])
        #expect(try await tree.ref(for: 3).call { $0.total } == 0)
        #expect(try await last.call { $0.name } == "3")
        try await tree.stop(.shutdown)
    }

    @Test("R89 with no partitions a look-up is a typed error, and a number out of range is refused")
    func none() async throws {
        let tree = try await start(2)
        for count in [-1, 3, Int.max] {
            let error = await #expect(throws: SupervisorError.self) { try await tree.resize(to: count) }
            #expect(error.map(MachineWords.words) == "invalid partitions")
        }
        try await tree.resize(to: 0)
        let error = #expect(throws: SupervisorError.self) { try tree.ref(for: 1) }
        #expect(error.map(MachineWords.words) == "no partitions of app")
        #expect(throws: SupervisorError.self) { try tree.ref(for: "x") }
        #expect(try tree.partitions().isEmpty)
        try await tree.resize(to: 1)
        #expect(try await name(tree.ref(for: 17)) == "0")
        try await tree.stop(.shutdown)
        #expect(throws: ServerError.self) { try tree.ref(for: 1) }
    }

    @Test("R89 keys are spread over new partitions when all of them run, and no further when one fails to start")
    func failingResize() async throws {
        let starts = LifeJournal()
        let tree = try await PartitionSupervisor(partitions: 3, of: Probe.self) { number in
            Child(ChildID("\(number)")) {
                starts.note("\(number)")
                if number == 2, starts.lines.count(where: { $0 == "2" }) == 2 { throw Mishap() }
                return Probe("\(number)")
            }
        }.start(in: bench.runtime)
        try await tree.resize(to: 1)
        let error = await #expect(throws: SupervisorError.self) { try await tree.resize(to: 3) }
        #expect(error.map(MachineWords.words) == "start failed: mishap")
        #expect(try await name(tree.ref(for: 2)) == "0")
        #expect(try await tree.counts().active == 2)
        try await tree.resize(to: 3)
        #expect(try await name(tree.ref(for: 2)) == "2")
        try await tree.stop(.shutdown)
    }

    @Test(
        "R89 S8 a change while another is under way comes after it, and look-ups never lead to a partition that stops"
    )
    func overlappingResizes() async throws {
        let tree = try await PartitionSupervisor(partitions: 3) { [hold] in
            Probe("p", onTerminate: { await hold.hold() })
        }.start(in: bench.runtime)
        let shrink = Task { try await tree.resize(to: 1) }
        await hold.waitForArrivals(2)
        #expect(try tree.partitions().count == 1)
        let grow = Task { try await tree.resize(to: 3) }
        let counts = try await tree.counts()
        #expect(counts.specs == 3)
        #expect(try tree.partitions().count == 1)
        hold.open()
        try await shrink.value
        try await grow.value
        #expect(try tree.partitions().count == 3)
        #expect(try await tree.counts().active == 3)
        try await tree.stop(.shutdown)
    }

    @Test("R89 when a change ends that another one has overtaken, keys stay away from what is to be stopped")
    func overtaken() async throws {
        let ends = [HoldPoint(), HoldPoint(), HoldPoint()]
        ends[0].open()
        let tree = try await PartitionSupervisor(partitions: 3, of: Probe.self) { number in
            Child(ChildID("\(number)")) { Probe("\(number)", onTerminate: { await ends[number].hold() }) }
        }.start(in: bench.runtime)
        let first = Task { try await tree.resize(to: 2) }
        await ends[2].waitForArrivals()
        let second = Task { try await tree.resize(to: 1) }
        await ends[1].waitForArrivals()
        ends[2].open()
        try await first.value
        #expect(try tree.partitions().count == 1)
        ends[1].open()
        try await second.value
        #expect(try tree.partitions().count == 1)
        try await tree.stop(.shutdown)
    }

    @Test("R33 R34 it gives up like any supervisor, and is restarted with all partitions; kept references lead nowhere")
    func escalation() async throws {
        let tree = try await Supervisor {
            Child(.probes) {
                PartitionSupervisor(partitions: 2, intensity: .init(0, within: .seconds(1))) { Probe("p") }
            }
        }.start(in: bench.runtime)
        let probes = ServerRef(.probes, in: bench.runtime)
        let former = try probes.ref(for: 0)
        former.crash()
        await bench.recorder.waitFor(line: "app/probes restarted, life 2")
        #expect(try await probes.ref(for: 0).call { $0.add(1) } == 1)
        await #expect(throws: ServerError.self) { try await former.call { $0.total } }
        try await tree.stop(.shutdown)
    }

    @Test("R13 a partition that cannot be started fails the start, and those before it are stopped")
    func failedStart() async throws {
        let error = await #expect(throws: SupervisorError.self) {
            try await PartitionSupervisor(partitions: 3, of: Probe.self) { [bench] number in
                Child(ChildID("\(number)")) {
                    if number == 2 { throw Mishap() }
                    return Probe("\(number)", bench.journal)
                }
            }.start(in: bench.runtime)
        }
        #expect(error.map(MachineWords.words) == "app/2 failed: mishap")
        #expect(bench.journal.take() == ["start 0", "start 1", "stop 1", "stop 0"])
    }

    @Test("R2 R5 R8 settings that cannot be fail the start: too few, the same id twice, another type, significance")
    func invalid() async throws {
        let probe: @Sendable (ChildID) -> Child = { Child($0) { Probe("p") } }
        let supervisors: [(PartitionSupervisor<Probe>, String)] = [
            (PartitionSupervisor(partitions: 0) { Probe("p") }, "invalid partitions"),
            (PartitionSupervisor(partitions: -1) { Probe("p") }, "invalid partitions"),
            (PartitionSupervisor(partitions: 2, of: Probe.self) { _ in probe("same") }, "invalid the id of a child"),
            (
                PartitionSupervisor(partitions: 1, of: Probe.self) { _ in Worker("w") {} },
                "invalid the server of child 'w'"
            ),
            (
                PartitionSupervisor(partitions: 1, of: Probe.self) { _ in
                    Child("a", restart: .temporary, significant: true) { Probe("p") }
                }, "invalid significant of child 'a'"
            ),
            (
                PartitionSupervisor(partitions: 1, intensity: .init(-1, within: .seconds(1))) { Probe("p") },
                "invalid intensity.restarts"
            ),
        ]
        for (supervisor, words) in supervisors {
            let error = await #expect(throws: SupervisorError.self) { try await supervisor.start(in: bench.runtime) }
            #expect(error.map(MachineWords.words) == words)
        }
    }

    @Test("R73 it is drawn with its partitions, and counts as a supervisor with all the time it takes to stop")
    func drawing() async throws {
        let tree = try await Supervisor {
            Child(.probes) { PartitionSupervisor(partitions: 2, strategy: .oneForAll) { Probe("p") } }
        }.start(in: bench.runtime)
        #expect(
            try await tree.tree().description == """
                app        supervisor, one-for-one            running
                └─ probes  partition supervisor, one-for-all  running
                   ├─ 0    Probe                              running
                   └─ 1    Probe                              running
                """
        )
        #expect(try await ServerRef(.probes, in: bench.runtime).tree().children.count == 2)
        #expect(try await tree.counts().supervisors == 1)
        #expect(Child(.probes) { PartitionSupervisor(partitions: 2) { Probe("p") } }.shutdown == .infinity)
        try await tree.stop(.shutdown)
    }

    @Test("R56 S3 one that is given up leads nowhere any more, and its partitions are asked to stop")
    func orphans() async throws {
        let tree = try await Supervisor {
            Child(.probes, shutdown: .timeout(.seconds(1))) { [hold] in
                PartitionSupervisor(partitions: 1, shutdown: .infinity) {
                    Probe("p", onTerminate: { await hold.hold() })
                }
            }
        }.start(in: bench.runtime)
        let probes = ServerRef(.probes, in: bench.runtime)
        let orphan = try probes.ref(for: 0)
        let stop = Task { try await tree.stop(.shutdown) }
        await hold.waitForArrivals()
        await bench.clock.waitForSleepers(1)
        bench.clock.advance(by: .seconds(1))
        try await stop.value
        #expect(throws: ServerError.self) { try probes.ref(for: 0) }
        hold.open()
        #expect("\(await orphan.waitForExit())" == "shutdown")
    }

    @Test("S12 a partition that asks in its own start for a change would wait for itself, and is told so")
    func cycle() async throws {
        let words = LifeJournal()
        let tree = try await Supervisor {
            Child(.probes) { [bench] in
                PartitionSupervisor(partitions: 1) {
                    Probe(
                        "p",
                        onStart: {
                            do {
                                try await ServerRef(.probes, in: bench.runtime).resize(to: 0)
                            } catch ServerError.callCycle(let path) {
                                words.note("\(path)")
                            }
                        }
                    )
                }
            }
        }.start(in: bench.runtime)
        #expect(words.lines.count == 1)
        try await tree.stop(.shutdown)
    }
}
