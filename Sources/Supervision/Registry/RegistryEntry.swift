/// Who holds an entry: one incarnation, or a place over all its incarnations, as its name.
@usableFromInline
struct RegistryHolder: Sendable, Equatable {
    let place: any RegisteredPlace
    /// Nil when the place itself holds it.
    let incarnation: Int?

    /// The place, for a look at its type.
    @usableFromInline var object: AnyObject { place }

    /// Whether nobody is left who could let go of it.
    var isGone: Bool { incarnation.map { !place.isLive($0) } ?? false }

    @usableFromInline
    static func == (left: RegistryHolder, right: RegistryHolder) -> Bool {
        left.place === right.place && left.incarnation == right.incarnation
    }
}

/// A server's place as a registry sees it, whatever kind of server lives there.
protocol RegisteredPlace: ManagedPlace {
    /// What its specification asks for, the key of a registry among it.
    var rules: ServerRules? { get }
    /// Whether code of `incarnation` may still act here.
    func isLive(_ incarnation: Int) -> Bool
}

extension ServerPlace: RegisteredPlace {
    func isLive(_ incarnation: Int) -> Bool { withState { $0.isLive(incarnation) } }
}

/// What a ``Registry`` knows of one registration.
public struct RegistryEntry<Value: Sendable>: Sendable {
    @usableFromInline let holder: RegistryHolder
    /// What the server has registered with the key.
    public let value: Value

    @inlinable
    init(holder: RegistryHolder, value: Value) {
        self.holder = holder
        self.value = value
    }

    /// Where the server that holds the entry stands in the tree.
    public var path: String { holder.place.path }

    /// The life of the server that the entry belongs to; nil for a name, which its child keeps over restarts.
    public var incarnation: Int? { holder.incarnation }

    /// The address of the server that holds the entry. Like every address it survives restarts (S1), the entry may not.
    ///
    /// - Throws: ``RegistryError/wrongServer(path:kind:expected:)`` when the server is of another type.
    @inlinable
    public func ref<Server: GenServer>(as type: Server.Type = Server.self) throws(RegistryError) -> ServerRef<Server> {
        if let place = holder.object as? ServerPlace<Server> { return ServerRef(place: place) }
        throw wrongServer(expected: "\(Server.self)")
    }

    @usableFromInline
    func wrongServer(expected: String) -> RegistryError {
        .wrongServer(path: path, kind: "\(holder.place.kind)", expected: expected)
    }
}

/// What a ``Registry`` tells its listeners (R94).
public enum RegistryChange<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// A server has registered under the key.
    case registered(Key, RegistryEntry<Value>)
    /// An entry of the key is gone: given back, or ended with its server. It has the last value.
    case unregistered(Key, RegistryEntry<Value>)
}
