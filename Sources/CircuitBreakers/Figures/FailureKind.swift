/// What kind of failure it was: of an error its type, never what it holds (B26).
enum FailureKind: Sendable, Hashable {
    /// An error of that type was thrown.
    case error(ErrorType)
    /// A result was judged a failure.
    case result
    /// A probe said nothing within its time.
    case expiredProbe

    struct ErrorType: Sendable, Hashable {
        let type: any Error.Type

        static func == (left: ErrorType, right: ErrorType) -> Bool { left.type == right.type }

        func hash(into hasher: inout Hasher) {
            hasher.combine(ObjectIdentifier(type))
        }
    }

    /// The kind of an error that was thrown: the type of what is wrapped inside, however deep. It asks the error what it
    /// wraps, so it is not for use under a lock.
    init(_ error: any Error) {
        var innermost = error
        for layer in ErrorLayers(error) { innermost = layer }
        self = .error(ErrorType(type: type(of: innermost)))
    }

    var name: String {
        switch self {
        case .error(let error): "\(error.type)"
        case .result: "result"
        case .expiredProbe: "expired probe"
        }
    }
}

/// How many failures of each kind there were, for so many kinds and the rest together.
struct FailureKinds: Sendable {
    static let limit = 32
    static let rest = "other"

    private var counts: [FailureKind: Int] = [:]
    private var others = 0
    private(set) var last: FailureKind?

    mutating func add(_ kind: FailureKind) {
        last = kind
        if let count = counts[kind] {
            counts[kind] = count + 1
        } else if counts.count < Self.limit {
            counts[kind] = 1
        } else {
            others += 1
        }
    }

    /// By name. Types of the same name are counted together.
    var byName: [String: Int] {
        var byName = Dictionary(counts.map { ($0.key.name, $0.value) }, uniquingKeysWith: +)
        if others > 0 { byName[Self.rest, default: 0] += others }
        return byName
    }
}
