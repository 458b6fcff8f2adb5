/// A rule by which this project differs from OTP on purpose, and exactly what differs by it.
struct Explanation: Sendable {
    let id: String
    /// Takes out of both traces what differs by the rule; nil when it does not apply.
    let rewrite: @Sendable (StepPair) -> StepPair?

    /// What each of them explains is taken out, one after the other.
    private static let partial = [unbegun, killed, mailKept, cutOff, laterAnswer, independent, overlap]
    /// These explain that the two go different ways from some line on.
    private static let partings = [olderRetry, refusedDuringRestart, retryFirst, brokenOff, endMeanwhile, otherFirst]

    /// The ids of the rules that together explain all that differs; nil when they do not.
    static func rules(for pair: StepPair) -> String? {
        rules(partial, for: pair) ?? partings.firstNonNil { rules([unbegun, killed, $0], for: pair) }
    }

    private static func rules(_ rules: [Explanation], for pair: StepPair) -> String? {
        var pair = pair
        var ids: [String] = []
        for rule in rules {
            guard let rewritten = rule.rewrite(pair) else { continue }
            ids.append(rule.id)
            if rewritten.ours == rewritten.theirs { return ids.joined(separator: ", ") }
            pair = rewritten
        }
        return nil
    }

    /// **G10** The reason of a server that is asked to stop is that of the request, unless a message is in work, which
    /// can throw another. One that is asked before it has begun a message ends with `shutdown`. In OTP `terminate` can
    /// choose another reason at any time, and then it is reported.
    private static let unbegun = Explanation(id: "G10 (asked before its first message)") { pair in
        var rewritten = pair
        var isRewritten = false
        for node in pair.scenario.nodes {
            guard case .worker(let work) = node.kind, work.stops != .shutdown else { continue }
            let other = Words.reason(work.stops)
            for line in pair.ours.lines where line.hasPrefix("end \(node.id) ") && line.hasSuffix(" shutdown") {
                let ended = line.dropLast("shutdown".count) + other
                guard let place = rewritten.theirs.lines.firstIndex(of: String(ended)) else { continue }
                isRewritten = true
                rewritten.theirs.lines[place] = line
                let told = "told \(node.id) shutdown error \(other)"
                if let place = rewritten.theirs.lines[place...].firstIndex(of: told) {
                    rewritten.theirs.lines.remove(at: place)
                }
            }
        }
        return isRewritten ? rewritten : nil
    }

    /// **S3** Nothing can be killed, so there is no reason `killed`: a child that is stopped by `brutal_kill` may end with
    /// `shutdown`, as any other, and one that is in the middle of its own end is reported as given up. In OTP all but
    /// `killed` is an error.
    private static let killed = Explanation(id: "S3 (reason of a killed child)") { pair in
        let reports = pair.scenario.nodes.compactMap { node -> String? in
            guard case .worker(let work) = node.kind, work.shutdown == .brutalKill else { return nil }
            return "told \(node.id) shutdown error "
        }
        let rewritten = pair.without { line in reports.contains { line.hasPrefix($0) } }
        return rewritten.ours == pair.ours && rewritten.theirs == pair.theirs ? nil : rewritten
    }

    /// **S2** A request that waits when the supervisor ends is kept for its next incarnation. In OTP its caller exits.
    private static let mailKept = Explanation(id: "S2 (request kept over a restart)") { pair in
        guard case .burst(let id, let actions)? = pair.step else { return nil }
        let isRestarted = ["gone \(id) ", "start \(id) "].allSatisfy { beginning in
            pair.theirs.lines.contains { $0.hasPrefix(beginning) }
        }
        guard isRestarted else { return nil }
        // What the request was about, and what became of it, is in the next incarnation's survey.
        let kept = pair.theirs.lines.filter {
            $0.hasPrefix("= ") && $0.hasSuffix(" gone") && !pair.ours.lines.contains($0)
        }
        let about = kept.compactMap { line in
            line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.flatMap { actions[$0 - 1].id }
        }
        guard !kept.isEmpty else { return nil }
        let concerned = pair.scenario.family(of: about)
        let prefixes = kept.map { $0.dropLast("gone".count) } + ["children \(id):", "counts \(id):"]
        return pair.without { line in
            prefixes.contains { line.hasPrefix($0) } || StepTrace.isAbout(concerned, line)
        }
    }

    /// **R48** A retry is dropped when another has been scheduled for the child since. In OTP it is dropped only when the
    /// child does not wait for any, so that a child that has failed to start in two passes is retried by both. What
    /// follows has nothing in common.
    private static let olderRetry = Explanation(id: "R48 (older retry)") { pair in
        guard pair.isFirstRetriedByOlder else { return nil }
        return pair.without { _ in true }
    }

    /// **S8** A start that is under way is cut off when the child is terminated, or when its supervisor ends, and what
    /// waits for it is refused. In OTP it is let end first.
    private static let cutOff = Explanation(id: "S8 (start cut off)") { pair in
        let cut = pair.cutOff
        guard !cut.isEmpty else { return nil }
        let concerned = pair.scenario.family(of: cut)
        let prefixes = pair.answers(about: cut) + pair.surveysOfForgotten(cut)
        let rest = pair.without { line in
            prefixes.contains { line.hasPrefix($0) } || StepTrace.isAbout(concerned, line)
        }
        return rest.withoutNumbers(of: concerned)
    }

    /// **S8** A supervisor that is told to stop in the middle of a restart breaks it off. In OTP it ends the restart first.
    /// The starts that are left out are the next ones for the script, so what follows has nothing in common.
    private static let brokenOff = Explanation(id: "S8 (restart broken off)") { pair in
        guard pair.isRestartBrokenOff else { return nil }
        return pair.without { _ in true }
    }

    /// **S8** The end of a child is dealt with while another one is being started, under one-for-one, or is being started
    /// or stopped by request. In OTP it waits for that. So the restarts count in another order, and what a hook or the
    /// script has in store may come to another life.
    private static let endMeanwhile = Explanation(id: "S8 (end dealt with meanwhile)") { pair in
        guard pair.isEndDealtWithMeanwhile else { return nil }
        return pair.without { _ in true }
    }

    /// **S8** A request that waits for an earlier one about the same child can be overtaken by a retry.
    private static let retryFirst = Explanation(id: "S8 (request overtaken by a retry)") { pair in
        guard pair.mayRetryOvertakeRequest else { return nil }
        return pair.without { _ in true }
    }

    /// **S8** A request about a child whose automatic restart is under way is refused at once, under one-for-one. In OTP
    /// it waits for the start, which can say that the child stays down.
    private static let refusedDuringRestart = Explanation(id: "S8 (refused during a restart)") { pair in
        guard pair.isRefusedDuringRestart else { return nil }
        return pair.without { _ in true }
    }

    /// **S8** A request is refused by what is there when it is dealt with, which can be after something that came later.
    private static let laterAnswer = Explanation(id: "S8 (later answer)") { pair in
        let refusals: Set<Substring> = [
            "already present", "already started", "running", "restarting", "not found", "gone", "failed invalid",
        ]
        var rewritten = pair
        for (place, line) in pair.ours.lines.enumerated() {
            guard line.hasPrefix("= "), let number = pair.answerPrefix(of: line) else { continue }
            guard let other = pair.theirs.lines.first(where: { $0.hasPrefix(number) }), other != line else { continue }
            let words: Set = [line.dropFirst(number.count), other.dropFirst(number.count)]
            // Nobody can tell the two apart once the supervisor is gone.
            let isGone = pair.step.map {
                if case .burst(let id, _) = $0 { pair.isGone(id) && !pair.ours.runs(id) } else { false }
            }
            if words.isSubset(of: refusals) || words == ["ok", "gone"] && isGone == true {
                rewritten.ours.lines[place] = other
            }
        }
        return rewritten.ours == pair.ours ? nil : rewritten
    }

    /// Two supervisors run at the same time, so what happens in one and what in the other comes in no order.
    private static let independent = Explanation(id: "two supervisors at once") { pair in
        var rewritten = pair
        rewritten.ours.lines = pair.ours.lines(grouped: { pair.scenario.node($0)?.parent ?? "" })
        rewritten.theirs.lines = pair.theirs.lines(grouped: { pair.scenario.node($0)?.parent ?? "" })
        return rewritten.ours == rewritten.theirs ? rewritten : nil
    }

    /// Two supervisors run at the same time, and which of them does the next thing first makes a difference.
    private static let otherFirst = Explanation(id: "two supervisors at once, another one first") { pair in
        guard pair.isOtherSupervisorFirst else { return nil }
        return pair.without { _ in true }
    }

    /// **S8** A supervisor goes on while one child is slow to start or to stop. So what concerns another child may come
    /// before the end of it, with one-for-one and after requests. What happens to each child is the same, in the same
    /// order, and so is what is there afterwards.
    private static let overlap = Explanation(id: "S8 (order)") { pair in
        guard pair.mayOverlap else { return nil }
        var rewritten = pair
        rewritten.ours.lines = pair.ours.lines(grouped: { $0 })
        rewritten.theirs.lines = pair.theirs.lines(grouped: { $0 })
        return rewritten
    }
}

extension Array {
    fileprivate func firstNonNil<Value>(_ transform: (Element) -> Value?) -> Value? {
        for element in self {
            if let value = transform(element) { return value }
        }
        return nil
    }
}
