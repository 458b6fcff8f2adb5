/// Why an operation was not run, as far as retries and fallbacks are concerned.
enum CallObstacle {
    /// A circuit or another layer did not let the call through this time.
    case rejected
    /// Something is set up wrongly or is missing, which neither a retry nor a fallback may hide.
    case notSetUp

    /// The obstacle that an error is or wraps; nil when the operation ran.
    init?(_ error: any Error) {
        for layer in ErrorLayers(error) {
            switch layer {
            case let error as CircuitBreakerError: self = error.isRejection ? .rejected : .notSetUp
            case is InvalidCallLimit: self = .notSetUp
            case is any CallRejection: self = .rejected
            default: continue
            }
            return
        }
        return nil
    }
}
