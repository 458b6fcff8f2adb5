/// The plain lines that both programs read.
extension Scenario {
    var text: String {
        var lines = ["scenario \(number)"]
        lines += nodes.map(\.line)
        for node in nodes { lines += node.hooks.map { $0.line(of: node.id) } }
        for step in steps {
            switch step {
            case .action(let action): lines.append("do \(action.words)")
            case .burst(let id, let actions):
                lines.append("burst \(id)")
                lines += actions.map { "do \($0.words)" }
                lines.append("release")
            }
        }
        lines.append("end")
        return lines.joined(separator: "\n") + "\n"
    }

    /// The scenarios that stand in `text`.
    static func all(in text: String) throws -> [Scenario] {
        var scenarios: [Scenario] = []
        var burst: (id: String, actions: [Action])?
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            if words[0] == "scenario" {
                scenarios.append(Scenario(number: try integer(words, 1), nodes: [], steps: []))
                continue
            }
            guard var scenario = scenarios.popLast() else { throw Unreadable(line: "\(line)") }
            switch words[0] {
            case "sup", "work": scenario.nodes.append(try Node(words))
            case "hook":
                guard let place = scenario.nodes.firstIndex(where: { $0.id == words[2] }) else {
                    throw Unreadable(line: "\(line)")
                }
                scenario.nodes[place].hooks.append(try Hook(words))
            case "burst": burst = (words[1], [])
            case "release":
                if let burst { scenario.steps.append(.burst(burst.id, burst.actions)) }
                burst = nil
            case "do":
                let action = try Action(Array(words.dropFirst()))
                if burst == nil { scenario.steps.append(.action(action)) } else { burst?.actions.append(action) }
            case "end": break
            default: throw Unreadable(line: "\(line)")
            }
            scenarios.append(scenario)
        }
        return scenarios
    }
}

/// A line that is none of a scenario.
struct Unreadable: Error {
    var line: String
}

private func word<Word: RawRepresentable<String>>(_ words: [String], _ place: Int) throws -> Word {
    guard words.indices.contains(place), let word = Word(rawValue: words[place]) else {
        throw Unreadable(line: words.joined(separator: " "))
    }
    return word
}

private func integer(_ words: [String], _ place: Int) throws -> Int {
    guard words.indices.contains(place), let number = Int(words[place]) else {
        throw Unreadable(line: words.joined(separator: " "))
    }
    return number
}

extension Node {
    fileprivate var line: String {
        let significance = isSignificant ? "significant" : "plain"
        let common = "\(id) \(parent ?? "-") \(isInitial ? "initial" : "spare") \(restart.rawValue) \(significance)"
        let outcomes = starts.isEmpty ? "-" : starts.map(\.rawValue).joined(separator: ",")
        switch kind {
        case .supervisor(let flags):
            let words = "\(flags.strategy.rawValue) \(flags.intensity) \(flags.autoShutdown.rawValue)"
            return "sup \(common) \(words) \(outcomes)"
        case .worker(let work):
            return "work \(common) \(work.shutdown.rawValue) \(outcomes) \(work.stops.rawValue)"
        }
    }

    fileprivate init(_ words: [String]) throws {
        let isSupervisor = words[0] == "sup"
        guard words.count == (isSupervisor ? 10 : 9) else { throw Unreadable(line: words.joined(separator: " ")) }
        id = words[1]
        parent = words[2] == "-" ? nil : words[2]
        isInitial = words[3] == "initial"
        restart = try word(words, 4)
        isSignificant = words[5] == "significant"
        let outcomes = words[isSupervisor ? 9 : 7]
        starts = outcomes == "-" ? [] : try outcomes.split(separator: ",").map { try word([String($0)], 0) }
        if isSupervisor {
            let flags = Flags(
                strategy: try word(words, 6),
                intensity: try integer(words, 7),
                autoShutdown: try word(words, 8)
            )
            kind = .supervisor(flags)
        } else {
            kind = .worker(Work(shutdown: try word(words, 6), stops: try word(words, 8)))
        }
    }
}

extension Hook {
    fileprivate func line(of id: String) -> String {
        "hook \(moment.rawValue) \(id) \(number) \(target) \(reason.rawValue)"
    }

    fileprivate init(_ words: [String]) throws {
        moment = try word(words, 1)
        number = try integer(words, 3)
        target = words[4]
        reason = try word(words, 5)
    }
}

extension Action {
    var words: String {
        switch self {
        case .exit(let id, let reason): "exit \(id) \(reason.rawValue)"
        case .stop(let id, let reason): "stop \(id) \(reason.rawValue)"
        case .request(let request, let id): "\(request.rawValue) \(id)"
        }
    }

    fileprivate init(_ words: [String]) throws {
        guard words.count > 1 else { throw Unreadable(line: words.joined(separator: " ")) }
        switch words[0] {
        case "exit": self = .exit(words[1], try word(words, 2))
        case "stop": self = .stop(words[1], try word(words, 2))
        default: self = .request(try word(words, 0), words[1])
        }
    }
}

extension Step {
    /// As the step is headed in a trace.
    var words: String {
        switch self {
        case .action(let action): action.words
        case .burst(let id, _): "burst \(id)"
        }
    }
}
