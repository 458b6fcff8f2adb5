import CircuitBreakers

// B3: a permit cannot be copied, so it cannot be spent through a copy.
// expected-error: 'permit' consumed more than once
func copy(_ breakers: CircuitBreakerServer) throws {
    let permit = try breakers.permit("user-api")
    let other = permit
    permit.ignore()
    other.ignore()
}
