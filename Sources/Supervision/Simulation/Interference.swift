/// What a simulation does to a runtime from within: it decides what a machine with several processors, a slow network or
/// a bug decides elsewhere. A runtime has one only in a simulation.
///
/// It is asked off the hot paths alone: a mailbox whose runtime has one is shut to those that would visit its server, which
/// therefore take the longer ways, and there it is asked whether they may after all.
package protocol Interference: AnyObject, Sendable {
    /// How many processors there seem to be.
    var processorCount: Int { get }
    /// The places of the servers that live in the runtime.
    var places: PlaceBook { get }
    /// Those that wait for an answer.
    var waits: WaitBook { get }

    /// Lets other tasks go first, or not. It returns also when the task is cancelled.
    func pass() async
    /// Which of `count` ways to go; 0 is the plain one.
    func choose(_ count: Int) -> Int
    /// Notes what the task that runs is at.
    func note(_ text: @autoclosure () -> String)

    /// A task was started.
    func taskBegan()
    /// A task that was started is about to end.
    func taskEnded()

    /// A server is about to be made and started: it may be made to wait, or to fail; a supervisor only if that was planned.
    func willStart(_ path: String, incarnation: Int, isSupervisor: Bool) async throws
    /// A server is about to handle a message: it may be made to wait, or to crash.
    func willHandle(_ letter: String, at path: String) async throws
    /// A server has handled a message: it may be made to linger when it was told to leave.
    func didHandle(at path: String) async
    /// Whether a permit is lost in place of being reported.
    func losesPermit() -> Bool
}
