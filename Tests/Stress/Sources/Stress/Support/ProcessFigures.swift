internal import Foundation

/// What the system says of this process.
struct ProcessFigures {
    /// Resident memory, in KiB.
    let resident: Int
    let threads: Int

    init() {
        resident = Self.word(1, in: "/proc/self/statm") * Int(sysconf(Int32(_SC_PAGESIZE))) / 1_024
        threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count) ?? 0
    }

    private static func word(_ index: Int, in path: String) -> Int {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return 0 }
        let words = text.split(separator: " ")
        return index < words.count ? Int(words[index]) ?? 0 : 0
    }
}
