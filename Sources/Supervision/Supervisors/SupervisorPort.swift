/// Through which a place tells the present incarnation of a supervisor what happens to a child.
///
/// It knows the type of the supervisor only through functions that are made where that is known, and so are specialized
/// for it.
final class SupervisorPort: PlaceParent {
    let path: String?
    let supervisor: (any ManagedPlace)?
    let turn: Turn?
    /// Whether ids may repeat, so that the paths of the children are told apart by number.
    private let numbersChildren: Bool
    private let post: @Sendable (ChildKey, PlaceEvent) -> Bool
    let tell: Telling

    @inline(__always)
    init<Owner: SupervisingServer>(_ context: ServerContext<Owner>, numbersChildren: Bool = false) {
        let (owner, incarnation) = (context.place, context.incarnation)
        path = context.path
        supervisor = owner
        turn = Turn(owner, of: incarnation)
        self.numbersChildren = numbersChildren
        post = { owner.postOwn(Owner.message(.place($0, $1)), from: incarnation) }
        tell = { await owner.tell(.place($0, $1), from: incarnation, now: $2) }
    }

    func id(of child: ChildID, _ key: ChildKey) -> ChildID {
        numbersChildren ? ChildID("\(child)#\(key.number)") : child
    }

    func place(_ key: ChildKey, did event: PlaceEvent) -> Bool {
        post(key, event)
    }
}
