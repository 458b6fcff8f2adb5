import Foundation

/// The Erlang program, as a process that takes packets of scenarios and gives back their traces.
final class ErlangPlayer {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    /// - Parameter folder: where the compiled modules are.
    init(modules folder: String) throws {
        let load = """
            [{module, _} = code:load_abs("\(folder)/" ++ Name) || Name <- ["against_otp_words", "against_otp"]], \
            against_otp:main().
            """
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        // One scheduler, and all modules loaded from the start: the program counts on nothing else being busy.
        process.arguments = ["erl", "-noinput", "-mode", "embedded", "+S", "1:1", "+SDcpu", "1:1", "-eval", load]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    /// Gives the scenarios to Erlang, which begins at once.
    func send(_ scenarios: [Scenario]) throws {
        let text = Data(scenarios.map(\.text).joined().utf8)
        var length = UInt32(text.count).bigEndian
        try input.fileHandleForWriting.write(contentsOf: Data(bytes: &length, count: 4) + text)
    }

    /// The traces of what was sent last, one for each scenario.
    func receive() throws -> [[StepTrace]] {
        let length = try read(4).reduce(0) { $0 << 8 | Int($1) }
        let text = String(decoding: try read(length), as: UTF8.self)
        var traces: [[StepTrace]] = []
        for line in text.split(separator: "\n") {
            if line.hasPrefix("# ") {
                traces.append([])
            } else if line.hasPrefix("> ") {
                traces[traces.count - 1].append(StepTrace(words: String(line.dropFirst(2)), lines: []))
            } else {
                let last = traces[traces.count - 1].count - 1
                traces[traces.count - 1][last].lines.append(String(line))
            }
        }
        return traces
    }

    private func read(_ count: Int) throws -> Data {
        var data = Data()
        while data.count < count {
            guard let more = try output.fileHandleForReading.read(upToCount: count - data.count), !more.isEmpty else {
                throw ErlangEnded()
            }
            data += more
        }
        return data
    }

    func end() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}

/// The Erlang program has ended in the middle; what it says about that is on standard error.
struct ErlangEnded: Error {}
