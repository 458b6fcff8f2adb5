internal import Supervision
internal import Synchronization

/// Calls servers in every way, with short times and cancellations: each call is answered once, with what belongs to it.
struct Caller: Driver {
    static let label = "caller"
    let stage: Stage
    private var round: RoundContext { stage.round }

    init(_ stage: Stage) {
        self.stage = stage
    }

    private struct Request: Sendable {
        var kind: Int
        var timeout: Duration
        var time: Duration
        var answer: Desk.LaterAnswer
    }

    mutating func step(_ numbers: inout Numbers) async throws {
        let target = numbers.pick(stage.targets)
        let plan: CallRecord.Plan = numbers.oneIn(200) ? .exit : numbers.oneIn(10) ? .failure : .value
        let record = CallRecord(round.nextCall(), plan, round)
        let request = Request(
            kind: numbers.below(4),
            timeout: numbers.oneIn(4) ? numbers.microseconds(upTo: 400) : .seconds(60),
            time: numbers.microseconds(upTo: 200),
            answer: Self.answer(&numbers)
        )
        if numbers.oneIn(5) {
            await cancelled(target, record, request, after: numbers.oneIn(3) ? nil : numbers.microseconds(upTo: 300))
        } else {
            let result = await Self.perform(target, record, request)
            record.check(result, wasCancelled: false, isDeferred: request.kind == 3)
        }
    }

    private static func answer(_ numbers: inout Numbers) -> Desk.LaterAnswer {
        switch numbers.below(20) {
        case 0..<8: .atOnce
        case 8..<13: .byTimer(numbers.microseconds(upTo: 500))
        case 13..<18: .byTask
        case 18: .never
        default: numbers.oneIn(10) ? .withEnd : .atOnce
        }
    }

    private func cancelled(
        _ target: Stage.Target,
        _ record: CallRecord,
        _ request: Request,
        after delay: Duration?
    ) async {
        let runtime = stage.runtime
        await withTaskGroup(of: Result<Int, any Error>?.self) { group in
            if delay == nil { group.cancelAll() }
            group.addTask { await Self.perform(target, record, request) }
            if let delay {
                group.addTask {
                    try? await runtime.sleep(for: delay)
                    return nil
                }
            }
            while let result = await group.next() {
                guard let result else {
                    group.cancelAll()
                    continue
                }
                record.check(result, wasCancelled: true, isDeferred: request.kind == 3)
                group.cancelAll()
            }
        }
    }

    private static func perform(
        _ target: Stage.Target,
        _ record: CallRecord,
        _ request: Request
    ) async -> Result<Int, any Error> {
        do {
            let time = request.time
            let answer = request.answer
            switch request.kind {
            case 0, 1: return .success(try await target.ref.call(timeout: request.timeout) { try $0.serve(record) })
            case 2:
                return .success(
                    try await target.ref.call(timeout: request.timeout) { try await $0.serveSlowly(record, for: time) }
                )
            default:
                return .success(
                    try await target.ref.call(timeout: request.timeout) { desk, reply in
                        try desk.serveLater(record, reply, answer)
                    }
                )
            }
        } catch {
            return .failure(error)
        }
    }
}
