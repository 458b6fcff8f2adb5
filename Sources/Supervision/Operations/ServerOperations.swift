/// What an operator may do to a server whose type is not known (G17).
protocol ServerOperations: Sendable {
    var statistics: ServerStatistics { get }
    var messageLog: [LoggedMessage] { get }
    func suspend() async throws
    func resume() throws
    func observe(log: Int, trace: Bool)
    func stopObserving()
}

/// The operations on the server that lives in a place.
struct PlaceOperations<Server: GenServer>: ServerOperations {
    let place: ServerPlace<Server>

    private var ref: ServerRef<Server> { ServerRef(place: place) }

    var statistics: ServerStatistics { place.statistics }
    var messageLog: [LoggedMessage] { place.instruments?.log ?? [] }
    func suspend() async throws { try await ref.suspend() }
    func resume() throws { try ref.resume() }

    func observe(log: Int, trace: Bool) {
        place.setInstruments(Instruments(path: place.path, runtime: place.runtime, logSize: log, traces: trace))
    }

    func stopObserving() { place.setInstruments(nil) }
}
