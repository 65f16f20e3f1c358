import Model

/// A kind of fault, which is also repaired before it ends.
struct Fault: Sendable {
    let name: String
    let summary: String
    let place: Place
    var configurations: [RedisConfiguration] = RedisConfiguration.allCases
    /// Causes the fault, and returns when all processes that it affected run again.
    let strike: @Sendable (inout FaultContext) async throws -> Void

    /// The part of the system with the fault. Two faults in one place happen in sequence, others in parallel.
    enum Place: Sendable {
        case worker
        case redis
        case log
        case connections
    }

    static let all = worker + redis + log + connections
}

/// One occurrence of a fault.
struct FaultContext: Sendable {
    let testbed: Testbed
    /// The affected worker, if the fault is one of a worker.
    let worker: WorkerSlot
    var random: SeededGenerator

    /// Waits for a random time in this range.
    mutating func pause(milliseconds range: ClosedRange<Int>) async throws {
        try await Task.sleep(for: .milliseconds(Int.random(in: range, using: &random)))
    }

    mutating func share() -> Double { Double.random(in: 0...1, using: &random) }
}

/// Chooses faults in a random order: every kind happens once before any is repeated.
struct FaultSequence {
    private let faults: [Fault]
    private var waiting: [Fault] = []
    private var random: SeededGenerator

    init(_ faults: [Fault], seed: UInt64) {
        self.faults = faults
        random = SeededGenerator(seed: seed)
    }

    /// Up to `count` different faults that are possible with this configuration.
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
