/// Room for the actions of a supervisor's next event, which would otherwise be allocated for each.
struct SpareActions<Action: Sendable>: Sendable {
    private var room: [Action] = []

    /// An empty list.
    mutating func take() -> [Action] {
        defer { room = [] }
        return room
    }

    /// Takes back a list whose actions have been carried out, unless it has grown large.
    mutating func takeBack(_ actions: inout [Action]) {
        guard actions.capacity <= 32 else { return }
        if !actions.isEmpty { actions.removeAll(keepingCapacity: true) }
        swap(&room, &actions)
    }
}
