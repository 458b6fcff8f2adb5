import Foundation
import Synchronization
import Testing

@testable import JobPipeline

@Suite(.timeLimit(.minutes(1))) struct TourTests {
    @Test func theTourIsWhatTheReadmeSays() async throws {
        let lines = Mutex<[String]>([])
        try await Tour { line in lines.withLock { $0.append(line) } }.run()
        let sample = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
        let expected = try String(contentsOf: sample.appending(path: "Expected.txt"), encoding: .utf8)
        #expect(lines.withLock { $0 } == expected.split(separator: "\n").map(String.init))
        let readme = try String(contentsOf: sample.appending(path: "README.md"), encoding: .utf8)
        #expect(readme.contains("```\n\(expected)```"))
    }
}
