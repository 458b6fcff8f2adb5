import Testing

@testable import QuickStart

@Suite struct CommandTests {
    @Test(arguments: Command.allCases)
    func everyCommandIsReadAsItIsSpelt(command: Command) throws {
        #expect(try Command(command.spelling) == command)
    }

    @Test func spacesAndCapitalsDoNotMatter() throws {
        #expect(try Command("  Crash   USERS ") == .crashUsers)
    }

    @Test(arguments: [
        ("tre", [Command.tree]),
        ("stat", [.state]),
        ("hlep", [.help]),
        ("crash", [.crashUsers, .crashReports]),
        ("crash mailer", [.crashUsers, .crashReports]),
        ("reset", [.resetUserAPI]),
        ("reset userapi", [.resetUserAPI]),
        ("frobnicate", []),
    ])
    func anUnknownCommandNamesTheNearOnes(line: String, near: [Command]) {
        let error = #expect(throws: UnknownCommand.self) { _ = try Command(line) }
        #expect(error?.near == near)
        for command in near { #expect(error?.description.contains("'\(command.spelling)'") == true) }
    }

    @Test func distanceCountsChangedCharacters() {
        #expect("tree".distance(to: "tree") == 0)
        #expect("".distance(to: "tree") == 4)
        #expect("tre".distance(to: "tree") == 1)
        #expect("kitten".distance(to: "sitting") == 3)
    }
}
