internal import HTTPTypes
internal import SalesRules

/// Lets each person do only some things at the same time, so that nobody keeps the others out: the rest of a person's
/// requests wait for their turn. People take turns too, where there is a limit for all together.
actor Turns {
    private struct Person {
        var running = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let perPerson: Int
    private let total: Int
    private let queueLimit: Int
    private var running = 0
    private var people: [TenantScoped: Person] = [:]
    /// Those who wait, in the order in which they get a turn.
    private var order: [TenantScoped] = []

    /// - Parameters:
    ///   - perPerson: how many turns a person has at the same time.
    ///   - total: how many there are for all together.
    ///   - queueLimit: how many requests of a person wait.
    init(perPerson: Int, total: Int = .max, queueLimit: Int) {
        self.perPerson = perPerson
        self.total = total
        self.queueLimit = queueLimit
    }

    /// How many requests wait.
    var waiting: Int { people.values.reduce(0) { $0 + $1.waiting.count } }

    /// Runs `body` when it is the viewer's turn.
    /// - Throws: ``Problem/tooManyRequests`` when too many requests of the viewer wait, and what `body` throws.
    nonisolated func run<Value: Sendable>(
        for viewer: Viewer,
        _ body: () async throws -> Value
    ) async throws -> Value {
        let person = viewer.scopedID
        try await begin(person)
        do {
            let value = try await body()
            await end(person)
            return value
        } catch {
            await end(person)
            throw error
        }
    }

    private func begin(_ name: TenantScoped) async throws(Problem) {
        var person = people[name] ?? Person()
        if person.running < perPerson, running < total {
            person.running += 1
            running += 1
            people[name] = person
            return
        }
        guard person.waiting.count < queueLimit else { throw .tooManyRequests }
        await withCheckedContinuation { continuation in
            if person.waiting.isEmpty { order.append(name) }
            person.waiting.append(continuation)
            people[name] = person
        }
    }

    private func end(_ name: TenantScoped) {
        running -= 1
        people[name]?.running -= 1
        if let person = people[name], person.running == 0, person.waiting.isEmpty { people[name] = nil }
        while running < total, let next = order.firstIndex(where: { (people[$0]?.running ?? 0) < perPerson }) {
            let name = order.remove(at: next)
            guard var person = people[name], !person.waiting.isEmpty else { continue }
            let continuation = person.waiting.removeFirst()
            person.running += 1
            running += 1
            people[name] = person
            if !person.waiting.isEmpty { order.append(name) }
            continuation.resume()
        }
    }
}

extension Problem {
    /// A person's requests wait already.
    static let tooManyRequests = Problem(
        status: .tooManyRequests,
        detail: "You have too many requests at the same time; try again in a moment.",
        headers: [.retryAfter: "1"]
    )
}
