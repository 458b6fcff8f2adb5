/// Why a call could not be let through at once.
@usableFromInline
enum AdmissionProblem: Error {
    case rejected(CircuitBreakerError)
    /// No server is running, or it is being restarted.
    case noServer

    /// What a caller is told.
    @usableFromInline
    var asSeen: CircuitBreakerError {
        switch self {
        case .rejected(let error): error
        case .noServer: .noServer
        }
    }
}
