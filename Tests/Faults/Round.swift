import Foundation
import Kafka
import Model
import SalesTargets
import Synchronization
import TestSupport

/// What a round does; all of it follows from the seed and the round's number.
struct RoundPlan: Sendable {
    let number: Int
    let seed: UInt64
    let faults: [Fault]
    /// Whether nothing more is published after the faults.
    let endsQuietly: Bool
}

/// A stretch of the history is published while faults strike; then everything is compared.
struct Round {
    let plan: RoundPlan
    let testbed: Testbed
    let history: History
    let events: [Event]
    /// Told what happens, with the seconds since the round began.
    let tell: @Sendable (String) -> Void

    /// Over how long a stretch is published, about.
    private static let seconds = 3.0
    private static let pieces = 15

    struct Result {
        let isRebuilt: Bool
        let lost: Int
    }

    /// What was found.
    struct Failure: Error {
        let problems: [String]
    }

    /// - Throws: ``Failure``, or what kept it from being done.
    func run(_ truth: inout LogTruth) async throws -> Result {
        await testbed.keepSnapshot()
        let sizes = testbed.workers.map(\.logSize)
        let messages = events.map(testbed.site.message)
        truth.note(messages)
        // The last of them come after the faults, so that every worker hears of what happened.
        let tail = plan.endsQuietly ? 0 : min(150, messages.count / 3)
        let refused = Refused()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await publish(messages.dropLast(tail), refused) }
            for strikes in lanes() {
                group.addTask { try await strikeInTurn(strikes) }
            }
            try await group.waitForAll()
        }
        if tail > 0 { try await publish(messages.suffix(tail), refused, pieces: 1) }
        let (isShaken, isCut) = testbed.takeLogState()
        if !isShaken, let error = refused.errors.first { throw Failure(problems: ["publishing failed: \(error)"]) }
        tell("settling")
        let lostBefore = truth.lost
        let isRebuilt = try await Settling(testbed: testbed, logSizes: sizes, isLogCut: isCut).run()
        if isCut, !isRebuilt { testbed.forgetSnapshots() }
        tell("comparing")
        let reading = try await truth.read(testbed, isShaken: isShaken)
        let check = Check(testbed: testbed, history: history, model: reading.model)
        let problems = try await reading.problems + check.differences() + testbed.takeProblems()
        if !problems.isEmpty { throw Failure(problems: problems) }
        return Result(isRebuilt: isRebuilt, lost: truth.lost - lostBefore)
    }

    private func publish(
        _ messages: ArraySlice<KafkaProducer.Message>,
        _ refused: Refused,
        pieces: Int = Self.pieces
    ) async throws {
        let size = max(1, (messages.count + pieces - 1) / pieces)
        var rest = messages
        while !rest.isEmpty {
            do {
                try await testbed.site.publish(Array(rest.prefix(size)))
            } catch let error as KafkaError {
                refused.add(error)
            }
            rest = rest.dropFirst(size)
            if !rest.isEmpty { try await Task.sleep(for: .seconds(Self.seconds / Double(pieces))) }
        }
    }

    /// What a producer did not get rid of.
    private final class Refused: Sendable {
        private let list = Mutex<[KafkaError]>([])
        var errors: [KafkaError] { list.withLock { $0 } }
        func add(_ error: KafkaError) { list.withLock { $0.append(error) } }
    }

    private struct Planned: Sendable {
        let fault: Fault
        var strike: Strike
    }

    /// The faults by what they strike.
    private func lanes() -> [[Planned]] {
        var random = SeededGenerator(seed: plan.seed)
        var worker = Int.random(in: 0..<testbed.workers.count, using: &random)
        var lanes: [String: [Planned]] = [:]
        for fault in plan.faults {
            var place = "\(fault.place)"
            if fault.place == .worker {
                worker = (worker + 1) % testbed.workers.count
                place += "-\(worker)"
            }
            let strike = Strike(
                testbed: testbed,
                worker: testbed.workers[worker],
                random: SeededGenerator(seed: random.next())
            )
            lanes[place, default: []].append(Planned(fault: fault, strike: strike))
        }
        return lanes.sorted { $0.key < $1.key }.map(\.value)
    }

    private func strikeInTurn(_ strikes: [Planned]) async throws {
        for var planned in strikes {
            try await planned.strike.pause(milliseconds: 0...Int(Self.seconds * 800))
            tell(planned.fault.name)
            do {
                try await planned.fault.strike(&planned.strike)
            } catch let error where !(error is CancellationError) {
                throw Failure(problems: ["\(planned.fault.name): \(error)"])
            }
            tell("\(planned.fault.name) is over")
        }
    }
}
