#if Admin
import SupervisionAdmin

/// Why a command was not done. Each kind has an exit code of its own.
enum ClientFailure: Error, Equatable {
    /// The endpoint has refused the request.
    case refused(Problem)
    /// Whoever was asked whether to go on has said no.
    case declined
    /// A circuit is unhealthy, and `--check` asked for that.
    case unhealthy
    /// What was given on the command line or in the environment cannot be used.
    case usage(String)
    /// The endpoint cannot be reached.
    case unreachable(address: String, reason: String, remedy: String)
    /// The answer is none that this program understands.
    case notUnderstood(String)

    /// Stable, for scripts: `--help` and Documentation/Supervisionctl.md name them.
    var exitCode: Int32 {
        switch self {
        case .refused, .declined: 1
        case .unhealthy: 2
        case .usage: 64
        case .unreachable: 69
        case .notUnderstood: 70
        }
    }
}
#endif
