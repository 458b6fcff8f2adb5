#if Configuration
package import CircuitBreakers
public import Supervision

/// What settings say about one supervisor. What is nil is not said.
public struct SupervisorSettings: Sendable, Hashable {
    /// How many restarts are allowed within the window: 0 or more (R30).
    public var maxRestarts: Int?
    /// The window: over zero.
    public var restartWindow: Duration?
    /// How long children are given to stop, by their ids.
    public var shutdown: [ChildID: Shutdown] = [:]

    /// Nothing is said.
    public init() {}

    /// The restart intensity, with what is not said from `base`.
    public func intensity(over base: RestartIntensity = .init(3, within: .seconds(5))) -> RestartIntensity {
        RestartIntensity(maxRestarts ?? base.restarts, within: restartWindow ?? base.period)
    }
}

extension SupervisorSettings {
    var saysIntensity: Bool { maxRestarts != nil || restartWindow != nil }

    static let top = "supervisors"
    static let children = "children"

    static let keys: [(SettingKey<SupervisorSettings>, spelling: String)] = [
        (.init("max_restarts", \.maxRestarts), "max_restarts"),
        (.init("restart_window_seconds", \.restartWindow), "restart_window_seconds"),
    ]

    /// Reads what stands below `supervisors` and the name.
    mutating func read(
        _ name: String,
        children: [String],
        from reader: inout SnapshotReader
    ) throws(InvalidSetting) {
        for (key, spelling) in Self.keys {
            let said = try reader.read(key, at: [[Self.top, name, spelling]], into: &self)
            guard let said, let problem = problem(of: spelling) else { continue }
            throw reader.blame(problem, said)
        }
        for child in children {
            var time = ShutdownTime()
            let key = SettingKey<ShutdownTime>("shutdown_seconds", \.value)
            let path = [Self.top, name, Self.children, child, "shutdown_seconds"]
            if try reader.read(key, at: [path], into: &time) != nil { shutdown[ChildID(child)] = time.value }
        }
    }

    private func problem(of key: String) -> InvalidCircuitSetting? {
        switch key {
        case "max_restarts":
            guard let maxRestarts, maxRestarts < 0 else { return nil }
            return InvalidCircuitSetting(
                key: key,
                value: "\(maxRestarts)",
                allowed: "0 or more",
                remedy: "use 0 for a supervisor that gives up at the first crash"
            )
        default:
            guard let restartWindow, restartWindow <= .zero else { return nil }
            return InvalidCircuitSetting(
                key: key,
                value: restartWindow.shortDescription,
                allowed: "over 0 s",
                remedy: "say within which time restarts count together"
            )
        }
    }
}

private struct ShutdownTime: Sendable {
    var value: Shutdown?
}

extension Shutdown: SettingValue {
    package static var expected: String {
        #"a number of seconds from 0 on, a duration such as "500ms", "infinity" or "brutal_kill""#
    }

    package static func read(_ tree: SettingTree) -> Shutdown? {
        switch tree {
        case .text("infinity"), .word("infinity"): .infinity
        case .text("brutal_kill"), .word("brutal_kill"): .brutalKill
        default: Duration.read(tree).flatMap { $0 < .zero ? nil : .timeout($0) }
        }
    }

    package var tree: SettingTree {
        switch self {
        case .timeout(let time): time.tree
        case .infinity: .text("infinity")
        case .brutalKill: .text("brutal_kill")
        }
    }
}
#endif
