public import Supervision

extension Simulation {
    /// What a scenario has of the simulation that it runs in. Used by the scenario's own tasks alone.
    public final class World: Sendable {
        /// The runtime of the simulation. It is the current one in the scenario, and in all that is started there.
        public let runtime: Runtime
        /// The simulation's clock.
        public let clock: SimulationClock
        /// What has happened so far.
        public let events: EventRecorder
        /// The seed of this run.
        public let seed: UInt64
        let loop: SimulationLoop
        let interference: SimulationInterference

        init(_ simulation: Simulation, _ decisions: Decisions, trace: StepTrace?) {
            seed = simulation.seed
            loop = SimulationLoop(decisions, trace: trace)
            loop.jumpProbability = simulation.faults.clockJump
            clock = loop.clock
            events = EventRecorder()
            interference = SimulationInterference(
                loop,
                simulation.faults,
                processorCount: simulation.processorCount
            )
            runtime = Runtime(
                clock: clock,
                executor: loop,
                random: SeededNumbers(seed: simulation.seed),
                events: TracedEvents(recorder: events, interference: interference),
                interference: interference
            )
            interference.runtime = runtime
            clock.serve(runtime)
        }

        /// The time now, on the simulation's clock.
        public var now: RuntimeInstant { clock.now }

        /// Suspends for `duration` of the simulation's time, which takes none.
        ///
        /// - Throws: `CancellationError` at once when the task is cancelled.
        public func sleep(for duration: Duration) async throws {
            try await runtime.sleep(for: duration)
        }

        /// Lets other tasks go first, or not, as the seed says.
        public func pass() async {
            await loop.pass()
        }

        /// A number of the range that the seed chooses; the first, on the plain way. A range without any gives its bound.
        public func choose(in range: Range<Int>) -> Int {
            range.lowerBound + loop.choose(range.count)
        }

        /// One of `elements` that the seed chooses; the first, on the plain way. Nil when there is none.
        public func choose<Element>(from elements: [Element]) -> Element? {
            elements.isEmpty ? nil : elements[loop.choose(elements.count)]
        }

        /// Whether something happens that has that probability; it does not, on the plain way.
        public func happens(_ probability: Double) -> Bool {
            loop.happens(probability)
        }

        /// Has something go wrong at a chosen place.
        public func plan(_ fault: PlannedFault) {
            interference.plan.add(fault)
        }

        /// Fails if an operation of that name is to fail now: for a stand-in of a store, a file, a connection.
        ///
        /// - Throws: ``SimulatedFault`` when ``Faults/operationFailure`` or ``PlannedFault/failOperation(_:time:)`` says
        ///   so.
        public func attempt(_ name: String) throws {
            if let fault = interference.operationFails(name) { throw fault }
        }

        /// Moves the clock forward at once, as when a machine was suspended. What is due then happens next, and what
        /// could go on before may come after it.
        public func jump(by duration: Duration) {
            clock.move(to: clock.now.advanced(by: duration))
        }

        /// Writes a line into the events of the run.
        public func note(_ text: String) {
            runtime.emit(SimulationNote(description: text))
        }

        /// Fails the run unless `condition` holds.
        ///
        /// - Throws: ``SimulationExpectation``; let it out of the scenario.
        public func expect(
            _ condition: Bool,
            _ message: @autoclosure () -> String = "an expectation",
            file: StaticString = #fileID,
            line: UInt = #line
        ) throws(SimulationExpectation) {
            if !condition { throw SimulationExpectation(message: message(), place: "\(file):\(line)") }
        }
    }
}

/// Something that a scenario expected, and that was not so.
public struct SimulationExpectation: Error, Hashable, CustomStringConvertible {
    /// What was expected.
    public let message: String
    /// Where the scenario says so.
    public let place: String

    public var description: String { "\(message) was expected, and is not so (\(place))" }
}

/// What a scenario has written into its events.
struct SimulationNote: RuntimeEvent {
    var level: EventLevel { .info }
    let description: String
}

/// Records the events, and tells them in the steps of a run that is told about.
private struct TracedEvents: EventSink {
    let recorder: EventRecorder
    let interference: SimulationInterference

    func receive(_ event: any RuntimeEvent, at time: RuntimeInstant) {
        interference.note("event: \(event)")
        recorder.receive(event, at: time)
    }
}
