import Foundation

/// The sample's way in: `swift run --package-path Samples/JobPipeline`.
@main
struct JobPipelineSample {
    static func main() async {
        do {
            try await Tour { print($0) }.run()
        } catch {
            try? FileHandle.standardError.write(contentsOf: Data("job-pipeline: \(error)\n".utf8))
            exit(EXIT_FAILURE)
        }
    }
}
