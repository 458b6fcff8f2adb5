#if Observability
import Foundation
import Testing

/// A text that is to come out as it stands in a file beside this one. `.ci/check-traits` has them judged by promtool, too.
///
/// With `WRITE_GOLDEN_FILES=1` in the environment the files are written anew; look at what has changed.
enum GoldenFile {
    static func expect(
        _ text: String,
        is name: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(name).txt")
        if ProcessInfo.processInfo.environment["WRITE_GOLDEN_FILES"] == "1" {
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        let expected = try String(contentsOf: file, encoding: .utf8)
        #expect(text == expected, sourceLocation: sourceLocation)
    }
}
#endif
