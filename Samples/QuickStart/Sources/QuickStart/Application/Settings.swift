/// The times and limits of the sample: short, so that a circuit opens and closes while one watches.
enum Settings {
    /// How often the directory asks the upstream.
    static let refreshPeriod: Duration = .milliseconds(500)
    /// How long it waits for an answer.
    static let answerTime: Duration = .milliseconds(400)
    /// How long a list of users may be out of date before someone should know.
    static let staleAfter: Duration = .seconds(2)
    /// So many failures in a row open the circuit.
    static let failuresToOpen = 3
    /// How long it then stays open.
    static let openTime: Duration = .milliseconds(1_500)
    /// The open time doubles at each failed probe, up to this.
    static let longestOpenTime: Duration = .seconds(12)
    /// How often a report is mailed.
    static let mailPeriod: Duration = .milliseconds(300)
    /// How often `reports` may restart a child within five seconds before it gives up.
    static let reportsRestarts = 2
}
