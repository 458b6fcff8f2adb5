import ArgumentParser
import Foundation
import Testing

@testable import QuickStart

@Suite struct ArgumentsTests {
    @Test func withoutArgumentsTheUpstreamIsBuiltIn() throws {
        let arguments = try Arguments.parse([])
        #expect(arguments.url == nil)
        #expect(!arguments.tour)
    }

    @Test func aURLIsTaken() throws {
        let arguments = try Arguments.parse(["--tour", "--url", "https://example.com/users"])
        #expect(arguments.url?.absoluteString == "https://example.com/users")
        #expect(arguments.tour)
    }

    @Test(arguments: [
        ["--nonsense"], ["stray"], ["--url"], ["--url", ""], ["--url", "http://[bad"], ["--url", "users"],
        ["--url", "ftp://example.com/users"], ["--url", "http:///users"], ["--url", "http://localhost:99999/users"],
    ])
    func badArgumentsAreToldInOneLine(arguments: [String]) {
        let error = #expect(throws: (any Error).self) { try Arguments.parse(arguments) }
        guard let error else { return }
        #expect(!Arguments.exitCode(for: error).isSuccess)
        let message = Arguments.message(for: error)
        #expect(!message.isEmpty)
        #expect(!message.contains("\n"))
    }
}
