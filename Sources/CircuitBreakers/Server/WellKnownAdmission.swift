internal import Supervision

/// Lets a call through the current runtime's well-known server: see ``CircuitTable/admitAtOnce(_:canWait:)``.
// A function of its own, since one of a type is reached through another that leaves its type out, and copies the error.
@usableFromInline
func admitToWellKnown(
    _ service: ServiceName,
    canWait: Bool = true
) throws(CircuitBreakerError) -> CircuitAdmission {
    guard let pointer = currentBreakers() else { throw .noServer }
    let table = Unmanaged<CircuitTable>.fromOpaque(pointer)
    // To count one more reference and one less would cost as much as the way through the circuit.
    if let entrance = table._withUnsafeGuaranteedRef({ $0.enterByLane(service) }) { return CircuitAdmission(entrance) }
    if let rejection = CircuitTable.rejectByLane(table, service) { throw rejection.error(for: service) }
    return CircuitAdmission(try CircuitTable.enterByLook(table, service, canWait: canWait))
}
