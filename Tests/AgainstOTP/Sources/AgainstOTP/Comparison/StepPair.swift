/// A step as both have played it.
struct StepPair {
    var scenario: Scenario
    /// The first is the start of the tree, the last its end.
    var place: Int
    var ours: StepTrace
    var theirs: StepTrace

    var step: Step? {
        scenario.steps.indices.contains(place - 1) ? scenario.steps[place - 1] : nil
    }

    /// What is asked for in the step, each with what its answer begins with.
    private var requests: [(request: Request, id: String, answer: String)] {
        switch step {
        case .action(.request(let request, let id)): return [(request, id, "= ")]
        case .burst(_, let actions):
            return actions.enumerated().compactMap { place, action in
                guard case .request(let request, let id) = action else { return nil }
                return (request, id, "= \(place + 1) ")
            }
        case .action, nil: return []
        }
    }

    /// What tells the answer of the same request in both.
    func answerPrefix(of line: String) -> String? {
        requests.map(\.answer).filter { line.hasPrefix($0) }.max { $0.count < $1.count }
    }

    /// Both without the lines that `isTaken`.
    func without(_ isTaken: (String) -> Bool) -> StepPair {
        var rest = self
        rest.ours.lines.removeAll(where: isTaken)
        rest.theirs.lines.removeAll(where: isTaken)
        return rest
    }

    /// Whether the same is there in both, and the same has happened, in whatever order: then what is scripted by the
    /// number of the start is still the same, and as many restarts have been counted.
    var isInStep: Bool {
        let happened = { (trace: StepTrace) in trace.lines.filter { StepTrace.child(in: $0) != nil }.sorted() }
        return ours.survey == theirs.survey && happened(ours) == happened(theirs)
    }

    /// Both without telling which start the children run from.
    func withoutNumbers(of ids: Set<String>) -> StepPair {
        var rewritten = self
        rewritten.ours.lines = ours.lines.map { StepTrace.withoutNumbers(of: ids, $0) }
        rewritten.theirs.lines = theirs.lines.map { StepTrace.withoutNumbers(of: ids, $0) }
        return rewritten
    }

    /// Whether the two are the same up to where OTP comes to a child that has failed to start in two passes of its group.
    var isFirstRetriedByOlder: Bool {
        let same = zip(ours.lines, theirs.lines).prefix { $0 == $1 }.count
        guard same < theirs.lines.count else { return false }
        return scenario.nodes.contains { node in
            let failures = theirs.lines.indices.prefix(same).filter {
                theirs.lines[$0].hasPrefix("told \(node.id) start error ")
            }
            guard failures.count > 1, let parent = scenario.node(node.parent ?? ""),
                case .supervisor(let flags) = parent.kind, flags.strategy != .oneForOne
            else { return false }
            return theirs.lines[failures[failures.count - 2]..<failures[failures.count - 1]].contains { line in
                line.hasPrefix("told ") && line.contains(" terminated ")
                    && StepTrace.child(in: line).flatMap(scenario.node)?.parent == node.parent
            }
        }
    }

    // MARK: Overlapping

    /// Whether something could come while something else was under way, in a supervisor that need not wait.
    var mayOverlap: Bool {
        if !requests.isEmpty { return true }
        // What is about children of several supervisors has no order anyway.
        if Set(concerned.map { scenario.node($0)?.parent }).count > 1 { return true }
        return concerned.contains { id in
            guard let parent = scenario.node(id)?.parent, case .supervisor(let flags)? = scenario.node(parent)?.kind
            else {
                return false
            }
            return flags.strategy == .oneForOne
        }
    }

    /// The children that the lines that differ are about.
    private var concerned: Set<String> {
        let same = zip(ours.lines, theirs.lines).prefix { $0 == $1 }.count
        let sameAtEnd = zip(ours.lines.reversed(), theirs.lines.reversed()).prefix { $0 == $1 }.count
        let differing = [ours, theirs].flatMap { $0.lines.dropFirst(same).dropLast(sameAtEnd) }
        return Set(differing.compactMap(StepTrace.child(in:)))
    }

    // MARK: Cut off

    /// The children of which one start more came to its end in OTP, and that were terminated, or whose supervisor ended.
    var cutOff: [String] {
        scenario.nodes.map(\.id).filter { id in
            let outcomes = { (trace: StepTrace) in
                trace.lines.count { $0 == "told \(id) up" || $0.hasPrefix("told \(id) start error ") }
            }
            let isRefused = requests.contains { request, asked, answer in
                let refusals = ["\(answer)failed shutdown", "\(answer)gone"]
                return asked == id && request != .terminate && ours.lines.contains(where: refusals.contains)
                    && !theirs.lines.contains(where: refusals.contains)
            }
            guard outcomes(theirs) == outcomes(ours) + 1 || isRefused else { return false }
            let isTerminated = requests.contains { $0.request == .terminate && $0.id == id }
            let isOrphaned = theirs.lines.contains { $0.hasPrefix("gone \(scenario.node(id)?.parent ?? "-") ") }
            return isTerminated || isOrphaned
        }
    }

    /// Whether the two are the same up to where OTP goes on with a restart, or a start, and here its supervisor stops.
    var isRestartBrokenOff: Bool {
        let same = zip(ours.lines, theirs.lines).prefix { $0 == $1 }.count
        guard same < theirs.lines.count, theirs.lines[same].hasPrefix("start "),
            let child = StepTrace.child(in: theirs.lines[same]), let parent = scenario.node(child)?.parent
        else { return false }
        let before = theirs.lines.prefix(same)
        let isRestarting = before.contains { line in
            line.hasPrefix("told ") && line.contains(" terminated ")
                && StepTrace.child(in: line).flatMap(scenario.node)?.parent == parent
        }
        if isRestarting { return isGone(parent) }
        // Or the supervisor is itself being started by one that stops.
        let isTerminated = requests.contains { $0.request == .terminate && $0.id == parent }
        return isBeingStarted(parent, in: before) && (isTerminated || isGone(scenario.node(parent)?.parent ?? ""))
    }

    /// Whether the two are the same up to where a child of the supervisor waits for a retry, and there is a request that
    /// waits for another about the same child.
    var mayRetryOvertakeRequest: Bool {
        guard case .burst(let id, _)? = step else { return false }
        let same = zip(ours.lines, theirs.lines).prefix { $0 == $1 }.count
        let ids = requests.map(\.id)
        let hasFailed = ours.lines.prefix(same).contains { line in
            line.contains(" start error ") && StepTrace.child(in: line).flatMap(scenario.node)?.parent == id
        }
        return hasFailed && Set(ids).count < ids.count
    }

    /// Whether the supervisor has ended in both.
    func isGone(_ id: String) -> Bool {
        [ours, theirs].allSatisfy { $0.lines.contains { $0.hasPrefix("gone \(id) ") } }
    }

    private func isBeingStarted(_ id: String, in lines: ArraySlice<String>) -> Bool {
        guard let begun = lines.lastIndex(where: { $0.hasPrefix("start \(id) ") }) else { return false }
        return !lines[begun...].contains { $0 == "told \(id) up" || $0.hasPrefix("told \(id) start error ") }
    }

    /// Whether the two are the same up to where this project deals with the end of a child while another child of the
    /// supervisor is being started, under one-for-one, or started or stopped by request.
    var isEndDealtWithMeanwhile: Bool {
        let same = zip(ours.lines, theirs.lines).prefix { $0 == $1 }.count
        guard same < ours.lines.count, let child = StepTrace.child(in: ours.lines[same]),
            ours.lines[same].hasPrefix("told \(child) terminated ") || ours.lines[same].hasPrefix("end \(child) "),
            let parent = scenario.node(child)?.parent, case .supervisor(let flags)? = scenario.node(parent)?.kind
        else { return false }
        return scenario.nodes.contains { node in
            guard node.parent == parent, node.id != child else { return false }
            return requests.contains { $0.id == node.id }
                || flags.strategy == .oneForOne && isBeingStarted(node.id, in: ours.lines.prefix(same))
        }
    }

    /// Whether a request is refused here because its child is being restarted, and that start says `ignore`.
    var isRefusedDuringRestart: Bool {
        requests.contains { request, id, answer in
            let refusals = ["\(answer)restarting", "\(answer)already present"]
            guard request != .terminate, !theirs.lines.contains(where: refusals.contains) else { return false }
            let isIgnored = [ours, theirs].allSatisfy { trace in
                trace.lines.contains { $0.hasPrefix("start \(id) ") && $0.hasSuffix(" ignore") }
            }
            return isIgnored && ours.lines.contains(where: refusals.contains)
        }
    }

    /// Whether the two are the same up to where one goes on with one supervisor, and the other with another, or tells of
    /// its end. Only a hook in a nested supervisor makes two of them busy at the same time.
    var isOtherSupervisorFirst: Bool {
        let same = zip(ours.lines, theirs.lines).prefix { $0 == $1 }.count
        guard same < ours.lines.count, same < theirs.lines.count, hasHookFired(in: ours.lines.prefix(same)),
            let our = StepTrace.child(in: ours.lines[same]), let their = StepTrace.child(in: theirs.lines[same])
        else { return false }
        if scenario.node(our)?.parent != scenario.node(their)?.parent { return true }
        return [(our, ours.lines[same]), (their, theirs.lines[same])].contains { child, line in
            line.hasPrefix("told \(child) terminated ") && scenario.node(child)?.isSupervisor == true
        }
    }

    private func hasHookFired(in lines: ArraySlice<String>) -> Bool {
        scenario.nodes.contains { node in
            node.parent != scenario.nodes[0].id
                && node.hooks.contains { hook in
                    lines.contains { $0.hasPrefix("\(hook.moment.rawValue) \(node.id) \(hook.number) ") }
                        && lines.contains { $0.hasPrefix("end \(hook.target) ") }
                }
        }
    }

    /// What the answers begin with to the requests about one of the children.
    func answers(about ids: [String]) -> [String] {
        requests.filter { ids.contains($0.id) }.map(\.answer)
    }

    /// What the surveys begin with of supervisors that do not know such a child in OTP, because its start was let end,
    /// and failed (R15).
    func surveysOfForgotten(_ ids: [String]) -> [String] {
        requests.filter { request, id, answer in
            request == .terminate && ids.contains(id) && theirs.lines.contains("\(answer)not found")
        }.flatMap { _, id, _ in
            let parent = scenario.node(id)?.parent ?? ""
            return ["children \(parent):", "counts \(parent):"]
        }
    }
}

extension Scenario {
    func node(_ id: String) -> Node? {
        nodes.first { $0.id == id }
    }

    /// The nodes, and all that is below them.
    func family(of ids: [String]) -> Set<String> {
        var family = Set(ids)
        for node in nodes {
            if let parent = node.parent, family.contains(parent) { family.insert(node.id) }
        }
        return family
    }
}

extension Action {
    var id: String {
        switch self {
        case .exit(let id, _), .stop(let id, _), .request(_, let id): id
        }
    }
}

extension StepTrace {
    /// What happened in each group of children, in order, and then what is about none.
    func lines(grouped group: (String) -> String) -> [String] {
        let groups = Dictionary(grouping: lines) { Self.child(in: $0).map(group) ?? "~" }
        return groups.sorted { $0.key < $1.key }.flatMap(\.value)
    }

    /// What is there after the step.
    var survey: [String] { lines.filter { $0.hasPrefix("children ") || $0.hasPrefix("counts ") } }

    /// Whether the child runs after the step.
    func runs(_ id: String) -> Bool {
        lines.contains { line in
            guard line.hasPrefix("children ") else { return false }
            return line.split(separator: " ").contains { word in
                let parts = word.split(separator: "/")
                return parts.count == 3 && parts[0] == id && Int(parts[1]) != nil
            }
        }
    }

    static func withoutNumbers(of ids: Set<String>, _ line: String) -> String {
        guard line.hasPrefix("children ") else { return line }
        return line.split(separator: " ").map { word in
            let parts = word.split(separator: "/")
            guard parts.count == 3, ids.contains(String(parts[0])), Int(parts[1]) != nil else { return String(word) }
            return "\(parts[0])/running/\(parts[2])"
        }.joined(separator: " ")
    }

    /// The child that a line of what happened is about.
    static func child(in line: String) -> String? {
        let words = line.split(separator: " ")
        guard words.count > 1, ["start", "end", "told"].contains(words[0]) else { return nil }
        return String(words[1])
    }

    /// Whether a line is about one of the children: what happened to it, how it ended, or what it has.
    static func isAbout(_ ids: Set<String>, _ line: String) -> Bool {
        if let child = child(in: line) { return ids.contains(child) }
        let words = line.split(separator: " ")
        guard words.count > 1, ["gone", "children", "counts"].contains(words[0]) else { return false }
        return ids.contains(String(words[1].prefix { $0 != ":" }))
    }
}
