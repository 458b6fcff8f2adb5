/// The events of a server's circuits, from the moment when the stream was made (B26).
///
/// ```swift
/// Worker("alerts") {
///     for await event in try await CircuitBreakerServer.events() where event.level >= .warning {
///         try await page("\(event)")
///     }
/// }
/// ```
///
/// It has a buffer of its own. A consumer that is too slow for it loses the newest events: ``lost`` says how many, and a
/// ``CircuitEvent/Kind/eventsLost(_:)`` stands where they are missing. Neither the circuits nor other listeners notice.
///
/// It ends, after what is in the buffer, when the server stops or is restarted (B28), and for a consumer whose task is
/// cancelled at once. Nothing has to be done when it is no longer wanted. Several tasks that read it share the events.
public struct CircuitEventStream: AsyncSequence, Sendable {
    public typealias Element = CircuitEvent
    public typealias Failure = Never

    // What copies of the stream and its iterators share; the last of them to go ends the subscription.
    fileprivate final class Subscription: Sendable {
        let feed: CircuitEventFeed
        let id: UInt64

        init(feed: CircuitEventFeed, id: UInt64) {
            self.feed = feed
            self.id = id
        }

        deinit {
            feed.unsubscribe(id)
        }
    }

    /// The buffer of a stream unless set otherwise.
    public static let standardCapacity = 256

    private let subscription: Subscription

    init(feed: CircuitEventFeed, id: UInt64) {
        subscription = Subscription(feed: feed, id: id)
    }

    /// How many events found no room in the buffer so far.
    public var lost: Int { subscription.feed.lost(of: subscription.id) }

    public func makeAsyncIterator() -> Iterator {
        Iterator(subscription: subscription)
    }

    /// Takes the events out of the stream.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let subscription: Subscription

        /// The next event; suspends until there is one. Nil when the stream has ended or the task is cancelled.
        public mutating func next() async -> CircuitEvent? {
            await subscription.feed.next(of: subscription.id)
        }

        /// The same.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> CircuitEvent? {
            await subscription.feed.next(of: subscription.id)
        }
    }
}
