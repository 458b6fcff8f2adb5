import SupervisionTesting
import Synchronization
import Testing

@testable import Supervision

/// Children at rest that have no clean-up of their own end on their supervisor, as soon as they are stopped.
struct EndAtOnceTests {
    /// How far things have come whenever a child is freed, which is user code that may take its time.
    private final class Frees: EventSink {
        struct Moment: Equatable {
            var child: Int
            /// How many have been told of as stopped.
            var stopped: Int
            var isSupervisorBusy: Bool
        }

        private struct State {
            var moments: [Moment] = []
            var stopped: [String] = []
            var supervisor: (any ManagedPlace)?
        }

        private let state = Mutex(State())
        var moments: [Moment] { state.withLock(\.moments) }
        var stopped: [String] { state.withLock(\.stopped) }

        /// Only what comes later is kept.
        func begin(with supervisor: any ManagedPlace) {
            state.withLock { $0 = State(supervisor: supervisor) }
        }

        func note(_ child: Int) {
            let supervisor = state.withLock { $0.supervisor }
            let isBusy = supervisor?.isBusy == true
            state.withLock { state in
                let moment = Moment(child: child, stopped: state.stopped.count, isSupervisorBusy: isBusy)
                state.moments.append(moment)
            }
        }

        func receive(_ event: any RuntimeEvent, at time: RuntimeInstant) {
            guard let event = event as? SupervisionEvent else { return }
            switch event.kind {
            case .stopped: state.withLock { $0.stopped.append(event.path) }
            case .childrenStopped(_, let count, _):
                state.withLock { $0.stopped += (0..<count).map { "\($0)" } }
            default: break
            }
        }
    }

    private actor Plain: GenServer {
        enum Message: Sendable {
            case crash, setTimer
            case hang(HoldPoint)
        }
        private let number: Int
        private let frees: Frees

        init(_ number: Int, _ frees: Frees) {
            self.number = number
            self.frees = frees
        }

        deinit { frees.note(number) }

        func handle(_ message: Message, _ context: ServerContext<Plain>) async throws {
            switch message {
            case .crash: throw Mishap()
            case .setTimer: context.send(.crash, after: .seconds(5))
            case .hang(let point): await point.hold()
            }
        }
    }

    /// Tells when it is cleaned up, and when it is cut off in place of that.
    private actor Tidy: GenServer, CutOffServer {
        typealias Message = Never
        private let frees: Frees

        init(_ frees: Frees) { self.frees = frees }

        func terminate(reason: ExitReason) { frees.note(-1) }
        nonisolated func wasCutOff(in runtime: Runtime) { frees.note(-2) }
    }

    /// Is cut off by the rule of its child, and has no clean-up of its own.
    private actor Abrupt: GenServer, CutOffServer {
        typealias Message = Never
        private let frees: Frees

        init(_ frees: Frees) { self.frees = frees }

        nonisolated func wasCutOff(in runtime: Runtime) { frees.note(-3) }
    }

    private let frees = Frees()
    private let clock = ManualClock()

    /// The supervisor of so many, when it is known of their type that it has no clean-up.
    private func supervisor(
        of count: Int,
        _ strategy: Strategy = .oneForOne
    ) async throws -> (ServerRef<Supervisor>, [ServerRef<Plain>]) {
        let runtime = Runtime(clock: clock, events: frees)
        try await Supervisor { Child("first") { Plain(0, frees) } }.start(as: "first", in: runtime).stop()
        let isKnown = runtime.typesWithoutTerminate.contains(ObjectIdentifier(Plain.self))
        #expect(isKnown)
        let tree = try await Supervisor(strategy: strategy) {
            for number in 0..<count { Child(ChildID("\(number)")) { Plain(number, frees) } }
        }.start(in: runtime)
        let places = try await tree.call { $0.residents.reversed().map(\.place) }
        let place = try tree.resolve()
        while place.isBusy { await Task.yield() }
        frees.begin(with: place)
        return (tree, places.compactMap { ($0 as? ServerPlace<Plain>).map { ServerRef(place: $0) } })
    }

    @Test("R50 all children of a supervisor that stops end in one visit, the last first, and then are freed")
    func stop() async throws {
        // So many that nothing may be nested for each of them.
        let (tree, _) = try await supervisor(of: 3_000)
        try await tree.stop()
        #expect(frees.stopped.filter { $0 != "app" } == (0..<3_000).reversed().map { "app/\($0)" })
        #expect(frees.moments.map(\.child) == (0..<3_000).reversed())
        #expect(frees.moments.allSatisfy { $0.stopped >= 3_000 })
    }

    @Test("S8 R40 no more than sixteen end at a time while their supervisor goes on, and they are freed off it")
    func group() async throws {
        let (tree, children) = try await supervisor(of: 40, .oneForAll)
        children[39].cast(.crash)
        while try await tree.counts().recentRestarts == 0 { await Task.yield() }
        while frees.moments.count < 40 { await Task.yield() }
        #expect(frees.moments.first { $0.child != 39 }?.stopped == 16)
        #expect(frees.moments.allSatisfy { !$0.isSupervisorBusy })
        #expect(Set(frees.moments.map(\.child)) == Set(0..<40))
        try await tree.stop()
    }

    @Test("R56 a child of a dynamic supervisor is freed before its termination is told, and off the supervisor")
    func dynamic() async throws {
        let runtime = Runtime(clock: clock, events: frees)
        let tree = try await DynamicSupervisor().start(in: runtime)
        try await tree.terminateChild(try await tree.startChild { [frees] in Plain(0, frees) })
        let child = try await tree.startChild { [frees] in Plain(1, frees) }
        let place = try tree.resolve()
        while place.isBusy { await Task.yield() }
        frees.begin(with: place)
        try await tree.terminateChild(child)
        #expect(frees.moments == [Frees.Moment(child: 1, stopped: 1, isSupervisorBusy: false)])
        try await tree.stop()
    }

    @Test("R55 all children of a dynamic supervisor that stops end in one visit, and then are freed")
    func dynamicStop() async throws {
        let runtime = Runtime(clock: clock, events: frees)
        let tree = try await DynamicSupervisor().start(in: runtime)
        try await tree.terminateChild(try await tree.startChild { [frees] in Plain(0, frees) })
        for number in 0..<40 { try await tree.startChild { [frees] in Plain(number, frees) } }
        frees.begin(with: try tree.resolve())
        try await tree.stop()
        #expect(frees.stopped.count >= 40)
        #expect(frees.moments.count == 40)
        #expect(frees.moments.allSatisfy { $0.stopped >= 40 })
    }

    @Test("S4 what has ended is freed before the next one in the order is cleaned up")
    func beforeTheNext() async throws {
        let runtime = Runtime(clock: clock, events: frees)
        try await Supervisor { Child("first") { Plain(0, frees) } }.start(as: "first", in: runtime).stop()
        let tree = try await Supervisor {
            Child("1") { Plain(1, frees) }
            Child("tidy") { Tidy(frees) }
            Child("2") { Plain(2, frees) }
            Child("3") { Plain(3, frees) }
        }.start(in: runtime)
        frees.begin(with: try tree.resolve())
        try await tree.stop()
        #expect(frees.moments.map(\.child) == [3, 2, -1, 1])
    }

    @Test("S3 one that is at a message ends when that is over")
    func busy() async throws {
        let (tree, children) = try await supervisor(of: 2)
        let point = HoldPoint()
        children[1].cast(.hang(point))
        await point.waitForArrivals()
        async let stop: Void = tree.stop()
        while try children[1].resolve().exitUnderWay == nil { await Task.yield() }
        #expect(frees.stopped.isEmpty)
        point.open()
        try await stop
        #expect(frees.moments.map(\.child) == [1, 0])
    }

    @Test("S1 one with a timer is stopped step by step, so that nothing is left of that")
    func timer() async throws {
        let (tree, children) = try await supervisor(of: 2)
        children[1].cast(.setTimer)
        try await children[1].call { _ in }
        try await tree.stop()
        #expect(clock.sleeperCount == 0)
        #expect(frees.moments.map(\.child) == [1, 0])
    }

    @Test("R52 one that is cut off by its rule is told so, also when it has no clean-up")
    func brutalKill() async throws {
        let runtime = Runtime(clock: clock, events: frees)
        let first = try await Supervisor { Child("first") { Abrupt(frees) } }.start(as: "first", in: runtime)
        try await first.stop()
        #expect(frees.moments.isEmpty)
        let tree = try await Supervisor { Child("a", shutdown: .brutalKill) { Abrupt(frees) } }.start(in: runtime)
        try await tree.stop()
        #expect(frees.moments.map(\.child) == [-3])
    }
}
