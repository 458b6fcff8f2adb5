import Testing

@testable import Supervision

@Suite("Tasks: the machine of a stream")
struct TaskStreamMachineTests {
    private func words(_ step: TaskStreamState<Int, Int>.Step) -> String {
        switch step {
        case .give(let element): "give \(element.input): \(element.outcome.words)"
        case .wait: "wait"
        case .fail(let error): "fail: \(error)"
        case .idle: "idle"
        }
    }

    @Test("R87 whatever the order of ends, all results come once, in order if that is asked for, within the limit")
    func random() {
        for seed in 0..<300 {
            var generator = SeededGenerator(seed: UInt64(seed))
            let isOrdered = Bool.random(using: &generator)
            let limit = Int.random(in: 1...4, using: &generator)
            var state = TaskStreamState<Int, Int>(
                limit: limit,
                isOrdered: isOrdered,
                isLinked: false,
                onTimeout: .stopElement
            )
            var running: [(number: UInt64, input: Int, isLate: Bool)] = []
            var ended: [Int] = []
            var given: [Int] = []
            var nextInput = 0
            while given.count < 20 {
                switch Int.random(in: 0..<4, using: &generator) {
                case 0 where state.hasRoom && nextInput < 20:
                    running.append((state.begin(nextInput), nextInput, false))
                    nextInput += 1
                    #expect(nextInput - given.count <= limit)
                case 1 where !running.isEmpty:
                    let index = Int.random(in: 0..<running.count, using: &generator)
                    let task = running.remove(at: index)
                    let isNews = state.settle(task.number, .success(task.isLate ? -1 : task.input * 10))
                    #expect(isNews)
                    let isNewsAgain = state.settle(task.number, .failure(Exit(.normal)))
                    #expect(!isNewsAgain)
                    ended.append(task.input)
                case 2 where !running.isEmpty:
                    let index = Int.random(in: 0..<running.count, using: &generator)
                    let action = state.passDeadline(of: running[index].number, .timedOut(path: "", after: .zero))
                    #expect(action == .stop)
                    running[index].isLate = true
                default:
                    let isIdle = running.isEmpty && ended.count == given.count
                    switch state.next() {
                    case .give(let element):
                        given.append(element.input)
                        if case .success(let value) = element.outcome { #expect(value == element.input * 10) }
                    case .wait: #expect(!running.isEmpty)
                    case .idle: #expect(isIdle)
                    case .fail(let error): Issue.record("\(error)")
                    }
                }
            }
            #expect(given == (isOrdered ? Array(0..<20) : ended))
        }
    }

    @Test("R87 the first failure of a linked task is the stream's, at once, though others are before it in order")
    func failure() {
        var state = TaskStreamState<Int, Int>(limit: 3, isOrdered: true, isLinked: true, onTimeout: .fail)
        _ = state.begin(1)
        let second = state.begin(2)
        let third = state.begin(3)
        _ = state.settle(second, .failure(Exit(.error(Mishap("two")))))
        _ = state.settle(third, .failure(Exit(.error(Mishap("three")))))
        #expect(words(state.next()) == "fail: two")
        #expect(!state.hasRoom)
    }

    @Test("R87 the time of a task that has ended means nothing")
    func lateDeadline() {
        for onTimeout in [TaskStreamTimeout.fail, .stopElement] {
            var state = TaskStreamState<Int, Int>(limit: 1, isOrdered: true, isLinked: true, onTimeout: onTimeout)
            let number = state.begin(1)
            _ = state.settle(number, .success(10))
            let action = state.passDeadline(of: number, .timedOut(path: "", after: .zero))
            #expect(action == .nothing)
            #expect(words(state.next()) == "give 1: 10")
            #expect(words(state.next()) == "idle")
        }
    }

    @Test("R87 a task that is being stopped for its lateness is not a failure of all")
    func lateness() {
        var state = TaskStreamState<Int, Int>(limit: 1, isOrdered: true, isLinked: true, onTimeout: .stopElement)
        let number = state.begin(1)
        _ = state.passDeadline(of: number, .timedOut(path: "p", after: .seconds(1)))
        _ = state.settle(number, .failure(Exit(.shutdown)))
        let late = TaskError.timedOut(path: "p", after: .seconds(1))
        #expect(words(state.next()) == "give 1: \(Exit(.error(late)))")
    }
}
