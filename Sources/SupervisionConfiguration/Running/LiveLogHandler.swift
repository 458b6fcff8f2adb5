#if Configuration
public import Logging
internal import Synchronization

/// The log level of settings, as loggers ask for it at every line.
final class LiveLogLevel: Sendable {
    private static let levels = Logger.Level.allCases
    private let index: Atomic<Int>

    init(_ level: Logger.Level?) {
        index = Atomic(Self.index(of: level))
    }

    var level: Logger.Level? {
        let index = index.load(ordering: .relaxed)
        return index < 0 ? nil : Self.levels[index]
    }

    func set(_ level: Logger.Level?) {
        index.store(Self.index(of: level), ordering: .relaxed)
    }

    private static func index(of level: Logger.Level?) -> Int {
        level.flatMap { levels.firstIndex(of: $0) } ?? -1
    }
}

/// A log handler whose level is that of the settings, at once in each logger that has it (B24).
///
/// ```swift
/// LoggingSystem.bootstrap { label in
///     LiveLogHandler(StreamLogHandler.standardOutput(label: label), settings)
/// }
/// ```
///
/// Where the settings say none, the level is that of the handler below. A level that is set on one logger holds for that
/// one, whatever the settings say.
public struct LiveLogHandler: LogHandler {
    private var base: any LogHandler
    private var own: Logger.Level?
    private let live: LiveLogLevel

    /// A handler that writes with `base`.
    public init(_ base: any LogHandler, _ settings: LiveSettings) {
        self.base = base
        live = settings.logLevel
    }

    public var logLevel: Logger.Level {
        get { own ?? live.level ?? base.logLevel }
        set { own = newValue }
    }

    public var metadata: Logger.Metadata {
        get { base.metadata }
        set { base.metadata = newValue }
    }

    public var metadataProvider: Logger.MetadataProvider? {
        get { base.metadataProvider }
        set { base.metadataProvider = newValue }
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { base[metadataKey: key] }
        set { base[metadataKey: key] = newValue }
    }

    public func log(event: LogEvent) {
        base.log(event: event)
    }
}
#endif
