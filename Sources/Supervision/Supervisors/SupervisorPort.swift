/// Through which a place tells the present incarnation of a supervisor what happens to a child.
final class SupervisorPort<Owner: SupervisingServer>: PlaceParent {
    private let owner: ServerPlace<Owner>
    private let incarnation: Int
    let path: String?
    /// Whether ids may repeat, so that the paths of the children are told apart by number.
    private let numbersChildren: Bool
    var supervisor: (any ManagedPlace)? { owner }

    init(_ context: ServerContext<Owner>, numbersChildren: Bool = false) {
        owner = context.place
        incarnation = context.incarnation
        path = context.path
        self.numbersChildren = numbersChildren
    }

    func id(of child: ChildID, _ key: ChildKey) -> ChildID {
        numbersChildren ? ChildID("\(child)#\(key.number)") : child
    }

    func place(_ key: ChildKey, did event: PlaceEvent) -> Bool {
        owner.postOwn(Owner.message(.place(key, event)), from: incarnation)
    }
}
