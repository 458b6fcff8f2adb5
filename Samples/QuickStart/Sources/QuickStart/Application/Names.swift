import CircuitBreakers
import Supervision

// Names are declared once and used with a leading dot, so that a misspelt one does not compile.

extension ServerName where Server == Upstream {
    static var upstream: Self { .init("upstream") }
}

extension ServerName where Server == UserDirectory {
    static var users: Self { .init("users") }
}

extension ServerName where Server == Templates {
    static var templates: Self { .init("templates") }
}

extension ServerName where Server == Mailer {
    static var mailer: Self { .init("mailer") }
}

extension ServiceName {
    static let userAPI: ServiceName = "user-api"
}
