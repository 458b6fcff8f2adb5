import Testing

@testable import CircuitBreakers

@Suite("The machine of a bulkhead")
struct BulkheadMachineTests {
    /// Lets one wait, and returns its number.
    private func queue(_ machine: inout BulkheadMachine) throws -> UInt64 {
        guard case .mayWait(let id) = machine.approach() else {
            throw Broken()
        }
        #expect(machine.enter(id) == .waits)
        return id
    }

    @Test("B31 the cap holds, then the queue fills, then calls are rejected")
    func cap() throws {
        var machine = BulkheadMachine(maxConcurrent: 2, maxWaiting: 2)
        #expect(machine.approach() == .admitted)
        #expect(machine.approach() == .admitted)
        _ = try queue(&machine)
        _ = try queue(&machine)
        #expect(machine.approach() == .rejected)
        let figures = machine.figures
        #expect((figures.inFlight, figures.waiting, figures.admitted, figures.rejected) == (2, 2, 2, 1))
    }

    @Test("B31 a free slot goes to the one who has waited longest, and to no newcomer")
    func firstInFirstOut() throws {
        var machine = BulkheadMachine(maxConcurrent: 1, maxWaiting: 3)
        #expect(machine.approach() == .admitted)
        let (first, second) = (try queue(&machine), try queue(&machine))
        #expect(machine.leave() == first)
        let third = try queue(&machine)
        #expect(machine.leave() == second)
        #expect(machine.leave() == third)
        #expect(machine.leave() == nil)
        #expect(machine.figures.inFlight == 0)
        #expect(machine.approach() == .admitted)
    }

    @Test("B31 one who gave up gets no slot; one who was admitted before cannot give up")
    func givingUp() throws {
        var machine = BulkheadMachine(maxConcurrent: 1, maxWaiting: 3)
        #expect(machine.approach() == .admitted)
        let (first, second, third) = (try queue(&machine), try queue(&machine), try queue(&machine))
        #expect(machine.giveUp(first, isRejection: true) == true)
        #expect(machine.giveUp(first, isRejection: true) == false)
        #expect(machine.leave() == second)
        #expect(machine.giveUp(second, isRejection: true) == false)
        #expect(machine.giveUp(third, isRejection: false) == true)
        #expect(machine.leave() == nil)
        let figures = machine.figures
        #expect((figures.inFlight, figures.waiting, figures.admitted, figures.rejected) == (0, 0, 2, 1))
    }

    @Test("B31 a slot that got free before the caller could wait is taken at once")
    func freedMeanwhile() {
        var machine = BulkheadMachine(maxConcurrent: 1, maxWaiting: 1)
        #expect(machine.approach() == .admitted)
        guard case .mayWait(let id) = machine.approach() else { return #expect(Bool(false)) }
        #expect(machine.leave() == nil)
        #expect(machine.enter(id) == .admitted)
        #expect(machine.figures.inFlight == 1)
    }

    @Test("B31 a place in the queue that was taken before the caller could wait is not given twice")
    func takenMeanwhile() throws {
        var machine = BulkheadMachine(maxConcurrent: 1, maxWaiting: 1)
        #expect(machine.approach() == .admitted)
        guard case .mayWait(let late) = machine.approach() else { throw Broken() }
        _ = try queue(&machine)
        #expect(machine.enter(late) == .rejected)
    }

    @Test("B31 however many give up while the slots are taken, those who wait keep their turns")
    func manyGiveUp() throws {
        var machine = BulkheadMachine(maxConcurrent: 1, maxWaiting: 2)
        #expect(machine.approach() == .admitted)
        let first = try queue(&machine)
        for _ in 0..<1_000 { #expect(machine.giveUp(try queue(&machine), isRejection: false) == true) }
        let second = try queue(&machine)
        #expect(machine.queueLength < 100)
        #expect(machine.leave() == first)
        #expect(machine.leave() == second)
        #expect(machine.leave() == nil)
        #expect(machine.queueLength == 0)
    }

    @Test("B31 in any order of events no more are in flight than may be, no slot is lost and nobody overtakes")
    func random() throws {
        var generator = SeededGenerator(state: 7)
        for _ in 0..<200 {
            let (cap, room) = (Int.random(in: 1...3, using: &generator), Int.random(in: 0...4, using: &generator))
            var machine = BulkheadMachine(maxConcurrent: cap, maxWaiting: room)
            var (inFlight, waiting) = (0, [UInt64]())
            for _ in 0..<300 {
                switch Int.random(in: 0..<4, using: &generator) {
                case 0, 1:
                    switch machine.approach() {
                    case .admitted:
                        #expect(inFlight < cap)
                        inFlight += 1
                    case .mayWait(let id):
                        #expect(inFlight == cap && waiting.count < room)
                        #expect(machine.enter(id) == .waits)
                        waiting.append(id)
                    case .rejected: #expect(inFlight == cap && waiting.count == room)
                    }
                case 2:
                    guard inFlight > 0 else { continue }
                    let next = machine.leave()
                    #expect(next == waiting.first)
                    if next == nil { inFlight -= 1 } else { waiting = Array(waiting.dropFirst()) }
                default:
                    guard let id = waiting.randomElement(using: &generator) else { continue }
                    #expect(machine.giveUp(id, isRejection: false) == true)
                    waiting.removeAll { $0 == id }
                }
                #expect(machine.figures.inFlight == inFlight)
                #expect(machine.figures.waiting == waiting.count)
            }
        }
    }
}
