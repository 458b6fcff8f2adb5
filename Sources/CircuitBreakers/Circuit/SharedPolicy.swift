internal import Supervision

/// A policy, once for all the circuits that follow it, with what is asked of it at every call worked out beforehand.
@usableFromInline
final class SharedPolicy: Sendable {
    @usableFromInline let policy: CircuitPolicy
    /// Whether values are judged at all.
    @usableFromInline let judgesResults: Bool
    /// Letting a call through a closed circuit needs the time.
    let readsClockToAcquire: Bool
    /// Recording what leaves a closed circuit closed needs the time.
    let readsClockToRecord: Bool
    /// Calls that find no free probe may wait for one.
    @usableFromInline let waitsForProbes: Bool
    /// Successes of a closed circuit may go to ``CircuitMachine/succeedInPassing(_:now:)``.
    let recordsInPassing: Bool
    /// The share of failures that opens it, and the least number of calls, if that is what it is judged by.
    let failureRate: (threshold: Double, minimumCalls: Int)?
    let isCustom: Bool
    let dependsOnOthers: Bool
    /// The failures in a row that open it, if that alone does.
    let consecutiveFailures: Int?

    init(_ policy: CircuitPolicy) {
        self.policy = policy
        judgesResults = policy.judgeResult != nil
        readsClockToAcquire = policy.slowCalls != nil || policy.clearInterval != nil
        let tripReadsClock =
            switch policy.trip {
            case .consecutiveFailures, .failureRate(_, over: .calls, minimumCalls: _), .custom: false
            case .failures, .failureRate(_, over: .time, minimumCalls: _): true
            }
        readsClockToRecord =
            tripReadsClock || policy.slowCalls != nil || policy.clearInterval != nil || policy.lumpingInterval > .zero
        if case .consecutiveFailures = policy.trip {
            recordsInPassing = false
        } else {
            recordsInPassing = policy.slowCalls == nil && policy.clearInterval == nil
        }
        if case .failureRate(let threshold, over: _, let minimumCalls) = policy.trip {
            failureRate = (threshold, minimumCalls)
        } else {
            failureRate = nil
        }
        dependsOnOthers = !policy.dependsOn.isEmpty
        isCustom = if case .custom = policy.trip { true } else { false }
        waitsForProbes = policy.halfOpen.overflow != .reject
        if case .consecutiveFailures(let threshold) = policy.trip {
            consecutiveFailures = threshold
        } else {
            consecutiveFailures = nil
        }
    }
}
