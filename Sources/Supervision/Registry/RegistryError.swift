/// Why a ``Registry`` did not do what it was asked.
public enum RegistryError: Error, Sendable, Equatable {
    /// The registry's keys are unique, and the server at this path holds the key already (R90).
    case alreadyRegistered(key: String, holder: String)
    /// The server at `path` holds no entry of the key; the one at `holder` does, if any (R91).
    case notHolder(key: String, path: String, holder: String?)
    /// The incarnation has ended or is about to: it can register nothing any more (S1).
    case ended(path: String, incarnation: Int)
    /// What was asked needs unique keys, and the registry's are not (R91).
    case needsUniqueKeys(String)
    /// The server at `path` is a `kind`, not the type that was expected.
    case wrongServer(path: String, kind: String, expected: String)
    /// The task would wait for itself: it holds the lock of the key already (R95).
    case lockHeld(key: String)
}

extension RegistryError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .alreadyRegistered(let key, let holder):
            """
            the key '\(key)' is held by \(holder): look it up and use that server, choose another key, or make the \
            registry with keys: .duplicate
            """
        case .notHolder(let key, let path, let holder):
            """
            \(path) does not hold the key '\(key)', \(holder.map { "\($0) does" } ?? "nobody does"): only the server \
            that has registered a key can change its value
            """
        case .ended(let path, let incarnation):
            """
            life \(incarnation) of \(path) has ended or is about to, so it can register nothing: register in started \
            or while a message is handled, with the context of that life
            """
        case .needsUniqueKeys(let what):
            "\(what) needs a registry of unique keys, and this one has duplicate keys: make it with keys: .unique"
        case .wrongServer(let path, let kind, let expected):
            "\(path) is no \(expected), it is a \(kind): ask for its address with ref(as: \(kind).self)"
        case .lockHeld(let key):
            """
            this task holds the lock of '\(key)' already and would wait for itself: lock a key once, around all that \
            needs it
            """
        }
    }
}
