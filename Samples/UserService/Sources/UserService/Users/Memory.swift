import Supervision

/// The users that were seen last, for when the upstream is away.
actor Memory: GenServer {
    enum Message: Sendable { case seen(User) }
    private var users: [Int: User] = [:]

    func user(_ id: Int) -> User? { users[id] }

    func handle(_ message: Message, _ context: ServerContext<Memory>) {
        switch message {
        case .seen(let user): users[user.id] = user
        }
    }
}
