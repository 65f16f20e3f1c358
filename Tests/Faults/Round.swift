import Foundation
import Kafka
import Log
import Model
import SalesRules
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

    /// A stretch is published in so many pieces, half of them so many milliseconds apart, and the others slower: there is
    /// traffic for as long as faults strike.
    private static let pieces = 50
    private static let pauses = (first: 80, then: 400)

    struct Result {
        /// How many of the events were published; the others are for the next round.
        let published: Int
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
        let (published, publishing, watching) = try await letItHappen(messages)
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

    /// Publishes and asks the server while the faults strike.
    private func letItHappen(
        _ messages: [ProducerRecord]
    ) async throws -> (published: Int, publishing: [LogError], watching: [String]) {
        let isOver = Ending()
        async let publishing = publish(messages, until: isOver)
        async let watching = Watcher(testbed: testbed).watch(until: isOver)
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

    /// - Returns: how many messages were handed to a producer, and what producers could not get rid of.
    private func publish(
        _ messages: [ProducerRecord],
        until isOver: Ending
    ) async throws -> (count: Int, errors: [LogError]) {
        let size = max(1, messages.count / Self.pieces)
        // The last of them come after the faults, so that every worker hears of what happened.
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
            let pause = count < messages.count / 2 ? Self.pauses.first : Self.pauses.then
            try await isOver.wait(atMost: .milliseconds(pause))
        }
        if plan.endsQuietly { return (count, errors) }
        while !isOver.isSet { try await isOver.wait(atMost: .seconds(1)) }
        try await publish(count..<messages.count)
        return (messages.count, errors)
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
