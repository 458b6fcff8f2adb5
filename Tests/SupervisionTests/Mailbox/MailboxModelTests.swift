import Testing

@testable import Supervision

@Suite("Mailbox machine: random sequences against a plain model")
struct MailboxModelTests {
    private struct Walk {
        var machine = MailboxBench(in: .closed)
        var model = PlainMailbox()
        var random: SeededGenerator
        var number = 0
        /// How many letters of its batch the drain has begun.
        var begun = 0
        var trace: [String] = []

        mutating func chance(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

        /// What each event answered, and what it should have.
        mutating func step() -> (String, String) {
            number += 1
            let event = chance(0...17)
            trace.append("\(event) in \(model.phase)")
            switch event {
            case 0, 1: return ("\(machine.state.post(.message(number)))", model.post(number))
            case 2:
                let sender = max(0, model.life - chance(0...1))
                let letter = Letter<Pupil>.own(number, incarnation: sender, timer: nil)
                return ("\(machine.state.postOwn(letter, from: sender))", model.postOwn(number, from: sender))
            case 3:
                guard model.phase == .idle else { return ("", "") }
                machine.visit()
                model.hands = .visitor
                return ("", "")
            case 4:
                guard model.isAlive, model.hands == .drain, model.inHand.isEmpty else { return ("", "") }
                let isBatch = model.requests.isEmpty
                let taken = machine.take(model.life)
                if isBatch, taken != nil { begun = 0 }
                return ("\(taken ?? [])", "\(model.take() ?? [])")
            case 5:
                guard !model.inHand.isEmpty else { return ("", "") }
                model.inHand.removeFirst()
                begun += 1
                return ("", "")
            case 6:
                guard model.isAlive, model.hands != .none, !model.isCleaningUp else { return ("", "") }
                let rest = model.inHand
                return (machine.leave(model.life, rest: rest), model.leave())
            case 7:
                let expected = model.requestExit()
                return (machine.requestExit(), expected)
            case 8:
                guard model.isAlive, !model.isReady || model.hands != .none else { return ("", "") }
                machine.state.fail(Mishap(), in: model.life, now: machine.now)
                model.fail()
                return ("", "")
            default: return stepOfLife(event)
            }
        }

        /// What a place does with its state for an operator.
        private mutating func suspend(_ suspends: Bool) -> String {
            switch machine.state.phase {
            case .vacant, .closed, .ending: return "nobody"
            default: break
            }
            if suspends {
                machine.state.traits.insert(.isSuspended)
                return "suspended"
            }
            machine.state.traits.remove(.isSuspended)
            machine.state.putBack([])
            guard machine.state.phase == .idle, machine.state.hasWork else { return "goes on" }
            machine.state.phase = .draining
            return "wake"
        }

        private func words(_ remains: IncarnationRemains?) -> String {
            words(remains.map { $0.rare?.mail?.numbers ?? [] })
        }

        private func words(_ gone: [Int]?) -> String {
            gone.map { "over, with \($0)" } ?? "nobody"
        }

        private mutating func stepOfLife(_ event: Int) -> (String, String) {
            switch event {
            case 9:
                let life = machine.state.beginStart()
                if life != nil { machine.state.server = machine.server }
                return ("\(life ?? 0)", "\(model.begin() ?? 0)")
            case 10:
                if model.phase == .starting { return ("\(machine.state.open(model.life))", model.open()) }
                // Both a failed start and the end task finish an incarnation.
                guard model.phase == .ending || model.phase == .starting && model.isAsked else { return ("", "") }
                let remains = machine.state.finish(model.life)
                return (words(remains), words(model.finish()))
            case 11:
                let remains = machine.state.abandon(model.life, begun: begun)
                return (words(remains), words(model.abandon()))
            case 13:
                let request = -number
                return ("\(machine.state.postSystem(.message(request)))", model.postRequest(request))
            case 14:
                let sender = max(0, model.life - chance(0...1))
                let letter = Letter<Pupil>.own(number, incarnation: sender, timer: nil)
                return ("\(machine.state.postUrgent(letter, from: sender))", model.postUrgent(number, from: sender))
            case 15:
                let suspends = chance(0...2) == 0
                return (suspend(suspends), model.suspend(suspends))
            case 16: return ("\(machine.state.beginLastDrain(.shutdown))", "\(model.beginLastDrain())")
            case 17:
                guard chance(0...4) == 0 else { return ("", "") }
                model.isDiscarding.toggle()
                machine.state.traits.formSymmetricDifference(.discardsMail)
                return ("", "")
            default:
                if let stray = model.strays.randomElement(using: &random), chance(0...1) == 0 {
                    model.strays.remove(stray)
                    return (machine.leave(stray == model.life ? stray - 1 : stray), "stray")
                }
                return ("\(machine.state.close()?.numbers ?? [])", "\(model.close())")
            }
        }
    }

    @Test("S1 S2 S14 G17 the machine answers as a plain model does, and its invariants hold", arguments: 0..<40)
    func walk(seed: UInt64) {
        var walk = Walk(random: SeededGenerator(seed: seed))
        for _ in 0..<500 {
            let (answer, expected) = walk.step()
            let state = walk.machine.state
            guard answer == expected, state.phase == walk.model.phase, walk.machine.mail == walk.model.waiting else {
                Issue.record(
                    """
                    got \(answer), expected \(expected); \(state.phase), expected \(walk.model.phase); \
                    \(walk.machine.mail), expected \(walk.model.waiting); \(walk.trace.suffix(20))
                    """
                )
                return
            }
            if state.phase == .vacant || state.phase == .closed { #expect(state.server == nil) }
            if state.phase == .idle {
                #expect(state.waiting.isEmpty || state.traits.contains(.isSuspended))
                #expect(state.knownRareMail?.system.isEmpty ?? true)
                #expect(state.exit == nil)
            }
            #expect(state.incarnation == walk.model.life)
        }
    }

    @Test("S2 every letter is handled once, given back or still there: none is lost or doubled", arguments: 0..<20)
    func conservation(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var bench = MailboxBench(in: .idle)
        var sent: [Int] = []
        var handled: [Int] = []
        var inHand: [Int] = []
        for number in 0..<400 {
            if bench.state.post(.message(number)) != .refuse { sent.append(number) }
            let life = bench.state.incarnation
            guard Int.random(in: 0...2, using: &random) == 0 else { continue }
            inHand = bench.take(life) ?? []
            let count = Int.random(in: 0...inHand.count, using: &random)
            handled += inHand.prefix(count)
            inHand.removeFirst(count)
            if Int.random(in: 0...3, using: &random) == 0 { bench.state.fail(Mishap(), in: life, now: bench.now) }
            guard bench.leave(life, rest: inHand) == "end \(life)" else { continue }
            #expect(bench.state.finish(life) != nil)
            #expect(bench.state.beginStart() == life + 1)
            bench.state.server = bench.server
            _ = bench.state.open(life + 1)
        }
        #expect(handled + bench.mail == sent)
    }
}
