#if Observability
public import Supervision

/// Several sinks as one. Each is told of each event, one after the other.
public struct EventSinks: EventSink {
    private let sinks: [any EventSink]

    /// Those sinks, in the order in which they are told.
    public init(_ sinks: [any EventSink]) {
        self.sinks = sinks
    }

    public func receive(_ event: any RuntimeEvent, at time: RuntimeInstant) {
        for sink in sinks { sink.receive(event, at: time) }
    }
}
#endif
