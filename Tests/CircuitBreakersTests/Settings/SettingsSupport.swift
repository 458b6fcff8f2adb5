import Foundation
import Testing

@testable import CircuitBreakers

/// The value of a JSON text.
func decode<Value: Decodable>(_ type: Value.Type = Value.self, _ json: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(json.utf8))
}

func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}

/// What is wrong with a JSON text, as the decoder hands it on.
func invalidSetting<Value: Decodable>(
    _ type: Value.Type,
    _ json: String,
    sourceLocation: SourceLocation = #_sourceLocation
) throws -> InvalidCircuitSetting {
    let error = try #require(throws: DecodingError.self, sourceLocation: sourceLocation) {
        _ = try decode(type, json)
    }
    guard case .dataCorrupted(let context) = error else { throw error }
    let invalid = try #require(context.underlyingError as? InvalidCircuitSetting, sourceLocation: sourceLocation)
    #expect(context.debugDescription == invalid.description, sourceLocation: sourceLocation)
    return invalid
}

/// What is wrong with settings, found out when they are used.
func invalidSetting(
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
) throws -> InvalidCircuitSetting {
    try #require(throws: InvalidCircuitSetting.self, sourceLocation: sourceLocation) { try body() }
}

extension CircuitPolicy.Trip {
    /// The trip as a text, to compare.
    var text: String { "\(self)".replacingOccurrences(of: "CircuitBreakers.CircuitPolicy.Window.", with: "") }
}
