extension CircuitPolicy {
    /// How a half-open circuit probes its service (B12, B13).
    public struct HalfOpen: Sendable, Hashable {
        /// What closes the circuit, and what opens it again.
        public enum Decision: Sendable, Hashable {
            /// So many successes close it; the first failure opens it.
            case successes(Int)
            /// After so many probes that succeeded or failed, it opens when the share of failures is at least the
            /// rate, and closes otherwise.
            case failureRate(Double, over: Int)
        }

        /// What a probe counts as that says nothing within its time.
        public enum ExpiredProbe: String, Sendable, Hashable, CaseIterable {
            /// As a failed probe.
            case failure
            /// As one that never was.
            case ignored
        }

        /// What becomes of a call that finds no free probe.
        public enum Overflow: Sendable, Hashable {
            /// It is rejected with ``CircuitBreakerError/noFreeProbe(_:)``.
            case reject
            /// Up to so many wait until the probes have shown whether the service works, and are then let through or
            /// rejected. More are rejected. A permit that is asked for without `await` never waits.
            case wait(limit: Int)
        }

        /// The most probes that are in flight at once. At least 1.
        public var maxProbes: Int
        /// What closes the circuit, and what opens it again.
        public var decision: Decision
        /// A probe that has said nothing for so long loses its slot. Longer than zero.
        public var probeTimeout: Duration
        /// What such a probe counts as. A failure unless set otherwise.
        public var expiredProbe: ExpiredProbe = .failure
        /// What becomes of a call that finds no free probe. It is rejected unless set otherwise.
        public var overflow: Overflow = .reject

        /// So many successes close the circuit, and the first failure opens it again.
        public init(maxProbes: Int = 1, successThreshold: Int = 1, probeTimeout: Duration = .seconds(60)) {
            self.maxProbes = maxProbes
            decision = .successes(successThreshold)
            self.probeTimeout = probeTimeout
        }

        /// The share of failures among the first `probes` outcomes decides: at `failureRate` or above the circuit
        /// opens again, below it closes.
        ///
        /// Ignored probes do not count. Probes beyond those that decide, which a `maxProbes` over `probes` lets
        /// through, report too late to count.
        public init(
            maxProbes: Int = 1,
            failureRate: Double,
            over probes: Int,
            probeTimeout: Duration = .seconds(60)
        ) {
            self.maxProbes = maxProbes
            decision = .failureRate(failureRate, over: probes)
            self.probeTimeout = probeTimeout
        }
    }
}
