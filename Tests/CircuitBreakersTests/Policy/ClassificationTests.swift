import Supervision
import Testing

@testable import CircuitBreakers

@Suite("How errors and results count")
struct ClassificationTests {
    private class Base: Error, @unchecked Sendable {}
    private final class Derived: Base, @unchecked Sendable {}

    @Test("B5 B8 by default cancellation and rejections are ignored, everything else is a failure")
    func standard() {
        let judge = CircuitPolicy().judgeError
        #expect(judge(CancellationError()) == .ignored)
        #expect(judge(CircuitBreakerError.noFreeProbe("inner")) == .ignored)
        #expect(judge(CircuitBreakerError.open("inner", retryAfter: nil, lastFailure: Broken())) == .ignored)
        #expect(judge(Broken()) == .failure)
        #expect(judge(ServerError.timedOut(after: .seconds(1))) == .failure)
    }

    @Test("B6 K90 wrapped errors are recognised, however deep")
    func wrapped() {
        let judge = CircuitPolicy().judgeError
        #expect(judge(RetryableError(PermanentError(CancellationError()))) == .ignored)
        #expect(judge(ServerError.exited(.error(CancellationError()))) == .ignored)
        #expect(judge(Exit(.error(RetryableError(CancellationError())))) == .ignored)
        #expect(judge(ServerError.exited(.shutdown)) == .failure)
        let mine = ErrorClassifier().ignoring(Broken.self).judge
        #expect(mine(RetryableError(ServerError.exited(.error(PermanentError(Broken()))))) == .ignored)
    }

    @Test("B6 K83 a rule for a class holds for its subclasses")
    func subclasses() {
        let judge = ErrorClassifier().ignoring(Base.self).judge
        #expect(judge(Derived()) == .ignored)
        #expect(judge(Broken()) == .failure)
        #expect(ErrorClassifier().ignoring(Derived.self).judge(Base()) == .failure)
    }

    @Test("B6 K84 ignore wins over record unless set otherwise")
    func precedence() {
        func classifier(_ precedence: ErrorClassifier.Precedence) -> ErrorClassifier {
            ErrorClassifier(precedence: precedence).ignoring(Broken.self).recording(where: { $0 is Broken })
        }
        #expect(ErrorClassifier().ignoring(Broken.self).recording(Broken.self).judge(Broken()) == .ignored)
        #expect(classifier(.ignoring).judge(Broken()) == .ignored)
        #expect(classifier(.recording).judge(Broken()) == .failure)
    }

    @Test("B6 with a recording rule, what no rule matches is ignored")
    func recordingOnly() {
        let judge = ErrorClassifier().recording(Base.self).judge
        #expect(judge(Derived()) == .failure)
        #expect(judge(Broken()) == .ignored)
    }

    @Test("B6 a predicate sees each layer of an error")
    func predicate() {
        let judge = ErrorClassifier().ignoring(where: { ($0 as? Broken)?.number == 7 }).judge
        #expect(judge(PermanentError(Broken(number: 7))) == .ignored)
        #expect(judge(PermanentError(Broken(number: 8))) == .failure)
    }

    @Test("B6 K85 results are judged by type; other types count as before")
    func results() {
        var policy = CircuitPolicy()
        policy.judgeResults(of: Int.self) { $0 >= 500 ? .failure : .success }
        policy.judgeResults(of: String.self) { $0.isEmpty ? .ignored : .success }
        #expect(policy.judgeResult?(503) == .failure)
        #expect(policy.judgeResult?(200) == .success)
        #expect(policy.judgeResult?("") == .ignored)
        #expect(policy.judgeResult?(1.5) == .success)
    }

    @Test("B7 a rejection kept as a failure starts no chain, however it is wrapped")
    func noChain() {
        let inner = CircuitBreakerError.open("inner", retryAfter: nil, lastFailure: Broken())
        for error in [inner, RetryableError(PermanentError(inner))] as [any Error] {
            let kept = SharedPolicy(CircuitPolicy()).failure(error).error as? CircuitBreakerError
            #expect(kept?.service == "inner")
            #expect(kept?.lastFailure == nil)
        }
    }

    @Test("B16 the retryAfter of a wrapped retryable error counts, the outermost first")
    func retryAfter() {
        let inner = RetryableError(Broken(), retryAfter: .seconds(1))
        #expect(SharedPolicy(CircuitPolicy()).failure(PermanentError(inner)).retryAfter == .seconds(1))
        let outer = RetryableError(inner, retryAfter: .seconds(2))
        #expect(SharedPolicy(CircuitPolicy()).failure(outer).retryAfter == .seconds(2))
        let silent = RetryableError(inner)
        #expect(SharedPolicy(CircuitPolicy()).failure(silent).retryAfter == .seconds(1))
    }
}
