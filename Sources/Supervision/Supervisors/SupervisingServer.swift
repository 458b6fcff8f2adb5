/// A supervisor of any kind, as the tree around it sees it.
protocol SupervisingServer: SelfManagedServer, CutOffServer {
    /// The message by which a place tells it of one of its children.
    static func message(of key: ChildKey, _ event: PlaceEvent) -> Message

    /// What a drawn tree calls it.
    static var title: String { get }
    /// Which children it restarts together; nil when there is only one way.
    var shownStrategy: Strategy? { get }
    /// Its children, newest first.
    var residents: [Resident] { get }

    /// True for the first who asks: an instance is started once as a root.
    nonisolated func claim() -> Bool
    /// Why it gave up, if it did; `id` is the root that it lived as.
    nonisolated func failure(as id: ChildID) -> SupervisorError?
}

/// What a supervisor knows of a child, and where it lives.
struct Resident: Sendable {
    var info: ChildInfo
    var place: any ManagedPlace
}

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
        owner.postOwn(Owner.message(of: key, event), from: incarnation)
    }
}
