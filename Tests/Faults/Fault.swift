import Model

/// Something that goes wrong, and is put right again before it is over.
struct Fault: Sendable {
    let name: String
    let summary: String
    let place: Place
    var configurations: [RedisConfiguration] = RedisConfiguration.allCases
    /// Returns when everything that must run runs again.
    let strike: @Sendable (inout Strike) async throws -> Void

    /// What it strikes: two of one place come one after the other, others at the same time.
    enum Place: Sendable {
        case worker
        case redis
        case log
        case connections
    }

    static let all = worker + redis + log + connections
}

/// One time that a fault strikes.
struct Strike: Sendable {
    let testbed: Testbed
    /// The worker that is meant, where it is one.
    let worker: WorkerSlot
    var random: SeededGenerator

    /// Lets some time pass.
    mutating func pause(milliseconds range: ClosedRange<Int>) async throws {
        try await Task.sleep(for: .milliseconds(Int.random(in: range, using: &random)))
    }

    mutating func share() -> Double { Double.random(in: 0...1, using: &random) }
}

/// Chooses what strikes: every kind once, in a random order, before any comes again.
struct FaultDeck {
    private let faults: [Fault]
    private var waiting: [Fault] = []
    private var random: SeededGenerator

    init(_ faults: [Fault], seed: UInt64) {
        self.faults = faults
        random = SeededGenerator(seed: seed)
    }

    /// So many different ones that make sense under this configuration, if there are.
    mutating func deal(_ count: Int, under configuration: RedisConfiguration) -> [Fault] {
        var dealt: [Fault] = []
        while dealt.count < count {
            if let next = waiting.firstIndex(where: { fault in
                fault.configurations.contains(configuration) && !dealt.contains { $0.name == fault.name }
            }) {
                dealt.append(waiting.remove(at: next))
                continue
            }
            let new = faults.filter { fault in
                !waiting.contains { $0.name == fault.name } && !dealt.contains { $0.name == fault.name }
            }
            if !new.contains(where: { $0.configurations.contains(configuration) }) { break }
            waiting += new.shuffled(using: &random)
        }
        return dealt
    }
}
