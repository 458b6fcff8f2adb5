#if Admin
/// An event, as `GET /events` tells of it.
package struct EventRecord: Sendable, Codable, Hashable {
    /// Its place in the order of all events of this run of the program; where a reader says that it goes on from.
    package var id: String
    /// When it happened, by the wall clock: `2026-01-31T12:00:00.250Z`.
    package var time: String
    /// `debug`, `info`, `warning` or `error`.
    package var level: String
    package var type: Kind
    /// What it is about, when that is a child.
    package var path: String?
    /// What it is about, when that is a circuit.
    package var service: String?
    /// The states of a circuit that has gone from one to another.
    package var from: String?
    package var to: String?
    /// One readable line.
    package var text: String
    /// What there is to say beyond that.
    package var details: String?

    package enum Kind: String, Sendable, Codable, CaseIterable {
        /// Of a supervisor or a child.
        case supervision
        /// Of a circuit.
        case circuit
        /// What an operator asked for.
        case audit
        /// A step of a server that is traced.
        case trace
        /// Of anything else: settings, the application's own.
        case other
    }
}
#endif
