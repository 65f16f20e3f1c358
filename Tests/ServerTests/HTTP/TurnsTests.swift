import SalesRules
import Testing

@testable import Server

@Suite("Turns", .timeLimit(.minutes(1)))
struct TurnsTests {
    private func viewer(_ person: String) -> Viewer { Viewer(id: id(person), tenant: acme, role: .manager, name: "") }

    /// Waits until this many requests wait; the time limit of the suite is the deadline.
    private func wait(for count: Int, in turns: Turns) async throws {
        while await turns.waiting < count {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    @Test("A person has only some turns at the same time, and does not keep others waiting")
    func perPerson() async throws {
        let turns = Turns(perPerson: 2, queueLimit: 100)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let running = Shared((now: 0, atMost: 0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    try await turns.run(for: viewer("greedy")) {
                        running.withLock { $0 = ($0.now + 1, max($0.atMost, $0.now + 1)) }
                        for await _ in gate { break }
                        running.withLock { $0.now -= 1 }
                    }
                }
            }
            try await wait(for: 18, in: turns)
            #expect(try await turns.run(for: viewer("other")) { 7 } == 7)
            open.finish()
            try await group.waitForAll()
        }
        #expect(running.withLock { $0.atMost } == 2)
        #expect(await turns.waiting == 0)
    }

    @Test("Where all together have few turns, people get them one after another")
    func alternating() async throws {
        let turns = Turns(perPerson: 1, total: 1, queueLimit: 100)
        let order = Shared<[String]>([])
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let (starts, start) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await turns.run(for: viewer("first")) {
                    start.finish()
                    for await _ in gate { break }
                }
            }
            // Otherwise a task that was added later may take the turn and end before anybody waits.
            for await _ in starts {}
            var waiting = 0
            for (person, count) in [("greedy", 5), ("patient", 1)] {
                for _ in 0..<count {
                    group.addTask { try await turns.run(for: viewer(person)) { order.withLock { $0.append(person) } } }
                    waiting += 1
                    try await wait(for: waiting, in: turns)
                }
            }
            open.finish()
            try await group.waitForAll()
        }
        #expect(order.withLock { $0.firstIndex(of: "patient") ?? 9 } <= 1)
        #expect(order.withLock { $0.count } == 6)
    }

    @Test("Beyond the queue's limit a person is refused, and a failure gives the turn back")
    func refused() async throws {
        let turns = Turns(perPerson: 1, queueLimit: 0)
        await #expect(throws: CancellationError.self) {
            try await turns.run(for: viewer("one")) { throw CancellationError() }
        }
        let isOver = Shared(false)
        let second = try await turns.run(for: viewer("one")) {
            let second = Task {
                defer { isOver.withLock { $0 = true } }
                try await turns.run(for: viewer("one")) {}
            }
            // If it waits, it gets the turn that ends here, and is not refused.
            while await turns.waiting == 0, !isOver.withLock(\.self) { await Task.yield() }
            return second
        }
        await #expect(throws: Problem.self) { try await second.value }
        _ = try await turns.run(for: viewer("one")) {}
    }
}
