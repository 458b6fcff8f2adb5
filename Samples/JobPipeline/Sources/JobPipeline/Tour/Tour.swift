import Supervision

/// Shows back-pressure, crashes and a shutdown, and checks that no job is lost. What it prints is the same each time.
struct Tour {
    struct LostJobs: Error, CustomStringConvertible {
        let description: String
    }

    let say: @Sendable (String) -> Void

    private let store = JobStore()
    private let gate = Gate()
    private let workFaults = Faults([2: "job 2 is too much for a worker, once"])
    private let stageFaults = Faults([12: "job 12 is too much for the stage, once"])

    init(say: @escaping @Sendable (String) -> Void) {
        self.say = say
    }

    func run() async throws {
        await store.add(1...20)
        let journal = Journal()
        try await Runtime(events: journal).run {
            let tree = try await application.start(as: "app")
            await backPressure(journal)
            await crashOfAWorker(journal)
            try await crashOfTheStage(journal)
            try await shutdown(journal, tree)
        }
        try await nextStart()
    }

    private var application: Supervisor {
        Application.tree(store: store) { [stageFaults] in
            try stageFaults.meet($0)
        } work: { [gate, workFaults] job in
            try await gate.pass(job)
            try workFaults.meet(job)
            return job * job
        }
    }

    private func backPressure(_ journal: Journal) async {
        say("1. 20 jobs, and no worker gets on with its own. The pipeline fills, and holds back its source.")
        await journal.wait { $0.taken == 9 && $0.isFull }
        say("   jobs 1 to 3 are with workers, 4 with the stage, 5 to 8 in its mailbox, 9 with the source, which waits")
    }

    private func crashOfAWorker(_ journal: Journal) async {
        say("2. Job 2 goes on, and crashes its worker. Another one takes its place, with the same job.")
        gate.open(2)
        await journal.wait { $0.taken == 10 && $0.finished == 1 && $0.replacedWorkers == 1 }
        say("   workers replaced: \(journal.status.replacedWorkers); results: 1; the source has taken one job more")
    }

    private func crashOfTheStage(_ journal: Journal) async throws {
        say("3. All jobs go on. Job 12 crashes the stage: it and the source, which comes after it, begin anew.")
        gate.open()
        await journal.wait { $0.finished == 20 }
        say(
            "   lives so far: results \(life(.results)), workers \(life(.workers)), stage \(life(.stage)), source \(life(.source))"
        )
        try await check(20, open: 0)
    }

    private func shutdown(_ journal: Journal, _ tree: ServerRef<Supervisor>) async throws {
        say("4. 10 jobs more, and a shutdown in the middle of them. Workers finish what they have begun.")
        gate.shut()
        await store.add(21...30)
        ServerRef(.source).cast(.look)
        await journal.wait { $0.taken == 29 }
        async let stop: Void = tree.stop()
        // The stage is gone, and it is the workers' turn.
        await journal.wait { $0.stopped.contains("app/stage") }
        gate.open()
        try await stop
        try await check(23, open: 7)
    }

    private func nextStart() async throws {
        say("5. The next start takes up the jobs that are open.")
        let journal = Journal()
        try await Runtime(events: journal).run {
            let tree = try await application.start(as: "app")
            await journal.wait { $0.finished == 30 }
            try await tree.stop()
        }
        try await check(30, open: 0)
        say("   That was the tour.")
    }

    private func life<Server>(_ name: ServerName<Server>) -> String {
        if case .running(let incarnation) = ServerRef(name).status { "\(incarnation)" } else { "none" }
    }

    /// Tells how many jobs have a result, and makes sure that it is the right one.
    private func check(_ finished: Int, open: Int) async throws {
        let (results, openJobs, repeats) = await (store.results, store.openJobs, store.repeats)
        guard results.allSatisfy({ $1 == $0 * $0 }), results.count == finished, openJobs.count == open else {
            throw LostJobs(description: "\(results.count) jobs have a result, and open are \(openJobs)")
        }
        say("   jobs with a result: \(finished), done twice: \(repeats), still open in the store: \(open), lost: 0")
    }
}
