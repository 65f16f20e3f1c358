import Foundation
import Kafka
import Log
import Model
import SalesRules
import TestSupport

/// The plan of a round, determined by the seed and the number of the round.
struct RoundPlan: Sendable {
    let number: Int
    let seed: UInt64
    let faults: [Fault]
    /// Whether nothing more is published after the faults.
    let endsQuietly: Bool
}

/// Publishes a part of the history while faults happen, and then compares everything.
struct Round {
    let plan: RoundPlan
    let testbed: Testbed
    let history: History
    let events: [Event]
    /// Called with a description of each step.
    let tell: @Sendable (String) -> Void

    /// The number of pieces in which the events are published, and the pauses between them in milliseconds, for the first
    /// and the second half. The second half is slower, so that there is traffic during all faults.
    private static let pieces = 50
    private static let pauses = (firstHalf: 80, secondHalf: 400)

    struct Result {
        /// The number of published events; the others are left for the next round.
        let published: Int
        let isRebuilt: Bool
        let lost: Int
    }

    /// The differences and errors of the round.
    struct Failure: Error {
        let problems: [String]
    }

    /// - Throws: ``Failure``, or an error that prevented the comparison.
    func run(_ truth: inout PublishedRecords) async throws -> Result {
        await testbed.keepSnapshot()
        let sizes = testbed.workers.map(\.logSize)
        let messages = events.map(testbed.site.message)
        let (published, publishing, watching) = try await publishUnderFaults(messages)
        truth.note(Array(messages.prefix(published)))
        let (isShaken, isCut) = testbed.takeLogState()
        if !isShaken, let error = publishing.first { throw Failure(problems: ["publishing failed: \(error)"]) }
        tell("settling")
        let lostBefore = truth.lost
        let isRebuilt = try await Settling(testbed: testbed, logSizes: sizes, isLogCut: isCut).run()
        if isCut, !isRebuilt { testbed.forgetSnapshots() }
        tell("comparing")
        let reading = try await truth.read(testbed, isShaken: isShaken)
        let check = Check(testbed: testbed, history: history, model: reading.model)
        let problems = try await watching + reading.problems + check.differences() + testbed.takeProblems()
        if !problems.isEmpty { throw Failure(problems: problems) }
        return Result(published: published, isRebuilt: isRebuilt, lost: truth.lost - lostBefore)
    }

    /// Publishes and queries the server while the faults happen.
    private func publishUnderFaults(
        _ messages: [ProducerRecord]
    ) async throws -> (published: Int, publishing: [LogError], watching: [String]) {
        let isOver = StopSignal()
        async let publishing = publish(messages, until: isOver)
        async let watching = ServerProbe(testbed: testbed).watch(until: isOver)
        do {
            try await strikeAll()
        } catch {
            isOver.set()
            _ = try? await (publishing, watching)
            throw error
        }
        isOver.set()
        let (published, errors) = try await publishing
        return (published, errors, try await watching)
    }

    /// - Returns: the number of records given to a producer, and the errors of the producers.
    private func publish(
        _ messages: [ProducerRecord],
        until isOver: StopSignal
    ) async throws -> (count: Int, errors: [LogError]) {
        let size = max(1, messages.count / Self.pieces)
        // The last ones follow the faults, so that every worker handles records afterwards.
        let limit = messages.count - (plan.endsQuietly ? 0 : min(150, messages.count / 3))
        var errors: [LogError] = []
        func publish(_ range: Range<Int>) async throws {
            do {
                try await testbed.site.publish(Array(messages[range]))
            } catch let error as LogError {
                errors.append(error)
            }
        }
        var count = 0
        while count < limit, !isOver.isSet {
            let next = min(limit, count + size)
            try await publish(count..<next)
            count = next
            let pause = count < messages.count / 2 ? Self.pauses.firstHalf : Self.pauses.secondHalf
            try await isOver.wait(atMost: .milliseconds(pause))
        }
        if plan.endsQuietly { return (count, errors) }
        while !isOver.isSet { try await isOver.wait(atMost: .seconds(1)) }
        try await publish(count..<messages.count)
        return (messages.count, errors)
    }

    private struct Planned: Sendable {
        let fault: Fault
        var strike: FaultContext
    }

    /// The faults by place; faults of different lanes run in parallel.
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
            let strike = FaultContext(
                testbed: testbed,
                worker: testbed.workers[worker],
                random: SeededGenerator(seed: random.next())
            )
            lanes[place, default: []].append(Planned(fault: fault, strike: strike))
        }
        return lanes.sorted { $0.key < $1.key }.map(\.value)
    }

    private func strikeAll() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for strikes in lanes() {
                group.addTask { try await strikeInTurn(strikes) }
            }
            try await group.waitForAll()
        }
    }

    private func strikeInTurn(_ strikes: [Planned]) async throws {
        for var planned in strikes {
            try await planned.strike.pause(milliseconds: 300...2_500)
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
