extension CircuitBreakerServer {
    /// What an operator may ask (B25). It is `Codable`, so that it can come from outside the process:
    ///
    /// ```json
    /// {"message":"reset","service":"user-api"}
    /// {"message":"states"}
    /// ```
    public enum AdminMessage: Sendable, Hashable {
        /// The state of one circuit.
        case state(ServiceName)
        /// The state of every circuit.
        case states
        /// Closes a circuit and clears its counts, whatever state it was in.
        case reset(ServiceName)
        /// The same for every circuit.
        case resetAll
        /// Rejects every call until the circuit is enabled, reset or removed, or the server is restarted (B18, B22).
        case forceOpen(ServiceName)
        /// Lets every call through and judges none, as long.
        case disable(ServiceName)
        /// Lets every call through and counts, but never opens, as long.
        case metricsOnly(ServiceName)
        /// Lifts `forceOpen`, `disable` and `metricsOnly`; the circuit is closed and counts from zero. A circuit
        /// without any of them goes on as it was.
        case enable(ServiceName)
        /// Has calls of the circuit fail or wait now and then; with nil no more. Seen in its state.
        case injectFaults(ServiceName, CircuitFaults?)
        /// Lays settings over the policy of a service, which goes on as it is, with its counts (B24). What they do not
        /// say stays as it was. It holds until the server is restarted.
        case configure(ServiceName, CircuitSettings)
        /// Forgets a circuit. The next call of the service makes a new one.
        case remove(ServiceName)
    }

    /// What an operator is told (B25):
    ///
    /// ```json
    /// {"reply":"states","states":[{"service":"user-api","state":"open","retryAfterMilliseconds":4200,"counts":{…}}]}
    /// {"reply":"done"}
    /// {"reply":"unknownService","service":"usr-api","known":["user-api"]}
    /// {"reply":"failed","reason":"…"}
    /// ```
    public enum AdminReply: Sendable, Hashable {
        /// The circuits that were asked for, by name.
        case states([CircuitSnapshot])
        /// It has been done.
        case done
        /// There is neither a circuit nor a policy of that name.
        case unknownService(ServiceName, known: [ServiceName])
        /// It could not be done, for that reason.
        case failed(reason: String)
    }
}

extension CircuitBreakerServer.AdminMessage: Codable {
    private enum Key: String, CodingKey {
        case message, service, faults, settings
    }

    private enum Name: String, CaseIterable {
        case state, states, reset, resetAll, forceOpen, disable, metricsOnly, enable, injectFaults, configure, remove
    }

    /// Reads a message.
    ///
    /// - Throws: `DecodingError`; for an unknown message one that lists the known ones.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        func service() throws -> ServiceName { try container.decode(ServiceName.self, forKey: .service) }
        let text = try container.decode(String.self, forKey: .message)
        switch Name(rawValue: text) {
        case .state: self = .state(try service())
        case .states: self = .states
        case .reset: self = .reset(try service())
        case .resetAll: self = .resetAll
        case .forceOpen: self = .forceOpen(try service())
        case .disable: self = .disable(try service())
        case .metricsOnly: self = .metricsOnly(try service())
        case .enable: self = .enable(try service())
        case .injectFaults:
            let faults = try container.decodeIfPresent(CircuitFaults.self, forKey: .faults)
            self = .injectFaults(try service(), faults)
        case .configure:
            let settings = try container.decode(CircuitSettings.self, forKey: .settings)
            self = .configure(try service(), settings)
        case .remove: self = .remove(try service())
        case nil:
            let known = Name.allCases.map(\.rawValue).joined(separator: ", ")
            throw DecodingError.dataCorruptedError(
                forKey: .message,
                in: container,
                debugDescription: "unknown message '\(text)'; known are \(known)"
            )
        }
    }

    /// Writes the message as one flat object.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        let (name, service) = parts
        try container.encode(name.rawValue, forKey: .message)
        try container.encodeIfPresent(service, forKey: .service)
        if case .injectFaults(_, let faults) = self { try container.encodeIfPresent(faults, forKey: .faults) }
        if case .configure(_, let settings) = self { try container.encode(settings, forKey: .settings) }
    }

    private var parts: (Name, ServiceName?) {
        switch self {
        case .state(let service): (.state, service)
        case .states: (.states, nil)
        case .reset(let service): (.reset, service)
        case .resetAll: (.resetAll, nil)
        case .forceOpen(let service): (.forceOpen, service)
        case .disable(let service): (.disable, service)
        case .metricsOnly(let service): (.metricsOnly, service)
        case .enable(let service): (.enable, service)
        case .injectFaults(let service, _): (.injectFaults, service)
        case .configure(let service, _): (.configure, service)
        case .remove(let service): (.remove, service)
        }
    }
}

extension CircuitBreakerServer.AdminReply: Codable {
    private enum Key: String, CodingKey {
        case reply, states, service, known, reason
    }

    private enum Name: String, CaseIterable {
        case states, done, unknownService, failed
    }

    /// Reads a reply.
    ///
    /// - Throws: `DecodingError`; for an unknown reply one that lists the known ones.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let text = try container.decode(String.self, forKey: .reply)
        switch Name(rawValue: text) {
        case .states: self = .states(try container.decode([CircuitSnapshot].self, forKey: .states))
        case .done: self = .done
        case .unknownService:
            self = .unknownService(
                try container.decode(ServiceName.self, forKey: .service),
                known: try container.decode([ServiceName].self, forKey: .known)
            )
        case .failed: self = .failed(reason: try container.decode(String.self, forKey: .reason))
        case nil:
            let known = Name.allCases.map(\.rawValue).joined(separator: ", ")
            throw DecodingError.dataCorruptedError(
                forKey: .reply,
                in: container,
                debugDescription: "unknown reply '\(text)'; known are \(known)"
            )
        }
    }

    /// Writes the reply as one flat object.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        func name(_ name: Name) throws { try container.encode(name.rawValue, forKey: .reply) }
        switch self {
        case .states(let states):
            try name(.states)
            try container.encode(states, forKey: .states)
        case .done:
            try name(.done)
        case .unknownService(let service, let known):
            try name(.unknownService)
            try container.encode(service, forKey: .service)
            try container.encode(known, forKey: .known)
        case .failed(let reason):
            try name(.failed)
            try container.encode(reason, forKey: .reason)
        }
    }
}
