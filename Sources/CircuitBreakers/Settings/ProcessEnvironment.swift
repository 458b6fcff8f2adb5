#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
@preconcurrency internal import Musl
#else
@preconcurrency internal import Glibc
#endif

extension CircuitBreakerConfiguration {
    /// The variables of this process that begin with `CIRCUIT_BREAKERS_`.
    ///
    /// Read it once, before anything else of the process changes its environment: that is not safe beside a reader.
    public static var processEnvironment: [String: String] {
        processVariables(withPrefix: EnvironmentOverlay.prefix)
    }

    static func processVariables(withPrefix prefix: String) -> [String: String] {
        var variables: [String: String] = [:]
        #if canImport(Darwin)
        var next = _NSGetEnviron()?.pointee
        #else
        var next: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = environ
        #endif
        while let entry = next?.pointee {
            let text = String(cString: entry)
            if text.hasPrefix(prefix), let equals = text.firstIndex(of: "=") {
                variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            next = next?.advanced(by: 1)
        }
        return variables
    }
}
