import SupervisionTesting
import Synchronization
import Testing

@testable import Supervision

/// Children at rest that have no clean-up of their own end on their supervisor, as soon as they are stopped.
@Suite("Supervisors: children that end at once", .timeLimit(.minutes(1)))
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
        let places = try await rest(tree)
        return (tree, places.compactMap { ($0 as? ServerPlace<Plain>).map { ServerRef(place: $0) } })
    }

    /// Waits until nobody is at the supervisor any more, nor at the starts of its children, and begins to keep what comes.
    /// Gives the places of the children.
    @discardableResult
    private func rest<Tree: SupervisingServer>(_ tree: ServerRef<Tree>) async throws -> [any ManagedPlace] {
        let places = try await tree.call { $0.residents.reversed().map(\.place) }
        let place = try tree.resolve()
        for place in places + [place] {
            while place.isBusy { await Task.yield() }
        }
        frees.begin(with: place)
        return places
    }

    /// A task that is through with a child may keep it for a moment.
    private func waitForFrees(_ count: Int) async {
        while frees.moments.count < count { await Task.yield() }
    }

    @Test("R50 all children of a supervisor that stops end in one visit, the last first, and then are freed")
    func stop() async throws {
        // So many that nothing may be nested for each of them.
        let (tree, _) = try await supervisor(of: 3_000)
        try await tree.stop()
        #expect(frees.stopped.filter { $0 != "app" } == (0..<3_000).reversed().map { "app/\($0)" })
        await waitForFrees(3_000)
        #expect(frees.moments.allSatisfy { $0.stopped >= 3_000 })
    }

    @Test("S8 R40 no more than sixteen end at a time while their supervisor goes on, and they are freed off it")
    func group() async throws {
        let (tree, children) = try await supervisor(of: 40, .oneForAll)
        children[39].cast(.crash)
        // Without asking the supervisor, which would be at that when a child is freed.
        await waitForFrees(40)
        let others = frees.moments.filter { $0.child != 39 }
        #expect(others.first?.stopped == 16)
        #expect(others.allSatisfy { !$0.isSupervisorBusy })
        #expect(Set(others.map(\.child)) == Set(0..<39))
        try await tree.stop()
    }

    @Test("R56 a child of a dynamic supervisor that is terminated is freed off the supervisor")
    func dynamic() async throws {
        let runtime = Runtime(clock: clock, events: frees)
        let tree = try await DynamicSupervisor().start(in: runtime)
        try await tree.terminateChild(try await tree.startChild { [frees] in Plain(0, frees) })
        let child = try await tree.startChild { [frees] in Plain(1, frees) }
        try await rest(tree)
        try await tree.terminateChild(child)
        await waitForFrees(1)
        #expect(frees.moments == [Frees.Moment(child: 1, stopped: 1, isSupervisorBusy: false)])
        try await tree.stop()
    }

    @Test("R55 all children of a dynamic supervisor that stops end in one visit, and then are freed")
    func dynamicStop() async throws {
        let runtime = Runtime(clock: clock, events: frees)
        let tree = try await DynamicSupervisor().start(in: runtime)
        try await tree.terminateChild(try await tree.startChild { [frees] in Plain(0, frees) })
        for number in 0..<40 { try await tree.startChild { [frees] in Plain(number, frees) } }
        try await rest(tree)
        try await tree.stop()
        #expect(frees.stopped.count >= 40)
        await waitForFrees(40)
        #expect(frees.moments.allSatisfy { $0.stopped >= 40 })
    }

    @Test("R55 a dynamic supervisor finishes when it has let go of all, however many end at once", arguments: 14...18)
    func dynamicStopWithOneWaiting(count: Int) async throws {
        let runtime = Runtime(clock: clock, events: frees)
        let tree = try await DynamicSupervisor().start(in: runtime)
        try await tree.terminateChild(try await tree.startChild { [frees] in Plain(0, frees) })
        let name = ServerName<Plain>("waits")
        let waiting = try await tree.startChild(name, backoff: .constant(.seconds(60))) { [frees] in Plain(0, frees) }
        waiting.cast(.crash)
        await clock.waitForSleepers(1)
        for number in 1...count { try await tree.startChild { [frees] in Plain(number, frees) } }
        try await rest(tree)
        try await tree.stop()
        await waitForFrees(count)
        #expect(runtime.names.count == 0)
        #expect(frees.stopped.count >= count)
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
        try await rest(tree)
        try await tree.stop()
        await waitForFrees(4)
        // The task that started the last one may have kept that a moment longer.
        #expect(frees.moments.map(\.child).filter { $0 != 3 } == [2, -1, 1])
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
        await waitForFrees(2)
        #expect(Set(frees.moments.map(\.child)) == [0, 1])
    }

    @Test("S1 one with a timer is stopped step by step, so that nothing is left of that")
    func timer() async throws {
        let (tree, children) = try await supervisor(of: 2)
        children[1].cast(.setTimer)
        try await children[1].call { _ in }
        try await tree.stop()
        #expect(clock.sleeperCount == 0)
        await waitForFrees(2)
        #expect(Set(frees.moments.map(\.child)) == [0, 1])
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
