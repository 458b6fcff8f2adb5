/// That a call has been let in by a circuit, which counts it as in flight: to be made a ``CircuitAdmission`` of, which
/// sees to it that it reports.
@usableFromInline
struct CircuitEntrance: Sendable {
    let lane: FastLaneRef
    @usableFromInline let ticket: CircuitTicket

    init(by circuit: Circuit, _ ticket: CircuitTicket) {
        lane = circuit.lane
        self.ticket = ticket
    }

    /// By the circuit's lane.
    @inline(__always)
    init(_ lane: FastLaneRef, _ view: FastLane.View) {
        self.lane = lane
        ticket = CircuitTicket(generation: view.generation, judgesResults: view.judgesResults)
    }
}
