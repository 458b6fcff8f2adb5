/// The right to make one call (B2, B3). It ends in exactly one of success, failure or ignored.
///
/// ```swift
/// let permit = try breakers.permit("user-api")
/// do {
///     let user = try await api.user(1)
///     permit.succeed()
///     return user
/// } catch {
///     permit.fail(error)
///     throw error
/// }
/// ```
///
/// To report twice does not compile. A permit that is dropped without a report gives itself back as ignored. A report
/// that comes after the circuit has gone on to another state, or after the server has been restarted, is counted as
/// late and changes nothing else (B4).
public struct CallPermit: ~Copyable, Sendable {
    /// The service that may be called.
    public var service: ServiceName { admission.service }
    @usableFromInline let admission: CircuitAdmission

    @inlinable
    init(_ admission: consuming CircuitAdmission) {
        self.admission = admission
    }

    /// The service answered as it should.
    public consuming func succeed() {
        if admission.ticket.hasFaults, admission.entrance.lane.losesPermit { return }
        admission.succeeded()
    }

    /// The call failed. How that counts is the policy's matter (``CircuitPolicy/judgeError``): an error that it ignores
    /// is ignored here too.
    public consuming func fail(_ error: any Error) {
        if admission.ticket.hasFaults, admission.entrance.lane.losesPermit { return }
        admission.threw(error, isCancelled: false)
    }

    /// The call says nothing about the service (B5).
    public consuming func ignore() {
        // As when it is dropped.
    }
}
