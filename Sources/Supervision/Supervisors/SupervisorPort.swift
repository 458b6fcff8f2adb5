/// Through which a place tells the present incarnation of a supervisor what happens to a child.
///
/// Each kind of supervisor has one that inherits from this, where the type of the supervisor is known, so that
/// ``PlaceParent/tell(_:_:now:)`` is specialized for it.
class SupervisorPort<Owner: SupervisingServer>: PlaceParent, @unchecked Sendable {
    // Unchecked because it is not final; nothing of it changes.

    final let owner: ServerPlace<Owner>
    final let incarnation: Int
    private final let ownPath: String
    private final let ownTurn: Turn

    init(_ context: ServerContext<Owner>) {
        owner = context.place
        incarnation = context.incarnation
        ownPath = context.path
        ownTurn = Turn(of: owner, incarnation)
    }

    override final var path: String? { ownPath }
    override final var supervisor: (any ManagedPlace)? { owner }
    override final var turn: Turn? { ownTurn }

    override final func place(_ key: ChildKey, did event: PlaceEvent) -> Bool {
        owner.postOwn(Owner.message(.place(key, event)), from: incarnation)
    }
}
