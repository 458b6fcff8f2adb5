import CircuitBreakers

// B3: a permit is spent once, so the second report does not compile.
// expected-error: 'permit' consumed more than once
func spendTwice(_ breakers: CircuitBreakerServer) throws {
    let permit = try breakers.permit("user-api")
    permit.succeed()
    permit.succeed()
}
