import Foundation
import Ledger
import Model
import SalesRules
import TestSupport

/// Runs all rounds, one after the other.
struct Course: Sendable {
    let options: Faults
    let seed: UInt64

    /// The processes, history and log of one system. A new one is started after `roundsPerSystem` rounds.
    private struct RunningSystem {
        let testbed: Testbed
        let history: History
        var events: History.Iterator
        /// Events from the history that were not published yet.
        var waiting: [Event] = []
        var truth = PublishedRecords()
    }

    private struct Totals {
        var rounds = 0
        var events = 0
        var lost = 0
        var rebuilds = 0
        var strikes: [String: Int] = [:]
    }

    /// - Returns: whether nothing differed.
    func run() async throws -> Bool {
        say("seed \(seed)")
        let start = ContinuousClock.now
        var deck = FaultSequence(options.faults, seed: seed)
        var system: RunningSystem?
        var totals = Totals()
        var outcome = "nothing differed"
        do {
            for number in 1..<options.from + options.rounds {
                let plan = plan(number, &deck)
                // Earlier rounds are only planned, so that later plans stay the same.
                if number < options.from { continue }
                if (number - 1) % options.roundsPerSystem == 0 {
                    await system?.testbed.end()
                    system = try await begin(number)
                }
                guard var current = system else { break }
                if try await !run(plan, &current, &totals) {
                    outcome = "round \(number) FAILED"
                    break
                }
                system = current
                if let limit = options.seconds, ContinuousClock.now - start > .seconds(limit) { break }
            }
        } catch {
            await system?.testbed.end()
            say(summary(totals, start, outcome: "ended before all rounds were done"))
            throw error
        }
        let isRight = outcome == "nothing differed"
        await system?.testbed.end(keepsFolder: !isRight)
        say(summary(totals, start, outcome: outcome))
        if !isRight { return false }
        let missing = options.faults.filter { totals.strikes[$0.name] == nil }
        if options.requireAll, !missing.isEmpty {
            say("these faults did not happen: \(missing.map(\.name).joined(separator: " "))")
            return false
        }
        return true
    }

    /// Prints the faults of each round without running it.
    func tell() {
        say("seed \(seed)")
        var deck = FaultSequence(options.faults, seed: seed)
        var missing = Set(options.faults.map(\.name))
        for number in 1..<options.from + options.rounds {
            let plan = plan(number, &deck)
            if number < options.from { continue }
            missing.subtract(plan.faults.map(\.name))
            say(
                "round \("\(number)".padded(4))\(configuration(number).rawValue.padded(9))"
                    + plan.faults.map(\.name).joined(separator: " ") + (plan.endsQuietly ? ", quiet" : "")
            )
        }
        say(missing.isEmpty ? "every kind happens" : "these do not happen: \(missing.sorted().joined(separator: " "))")
    }

    private func configuration(_ number: Int) -> RedisConfiguration {
        let all = RedisConfiguration.allCases
        return options.redis ?? all[(number - 1) / options.roundsPerSystem % all.count]
    }

    private func plan(_ number: Int, _ deck: inout FaultSequence) -> RoundPlan {
        var random = SeededGenerator(seed: seed &* 1_000_003 &+ UInt64(number))
        let count = Int.random(in: (options.faultsPerRound + 1) / 2...options.faultsPerRound, using: &random)
        let isQuiet = Bool.random(using: &random)
        return RoundPlan(
            number: number,
            seed: random.next(),
            faults: deck.deal(count, under: configuration(number)),
            endsQuietly: options.ending == .both ? isQuiet : options.ending == .quiet
        )
    }

    private func begin(_ number: Int) async throws -> RunningSystem {
        var random = SeededGenerator(seed: seed &* 7_919 &+ UInt64(number))
        let rules = Rules(ownerCredit: random.pick(OwnerCredit.allCases))
        let history = History(
            seed: random.next(),
            events: options.events * options.roundsPerSystem,
            people: 8,
            orders: 60,
            targets: 12
        )
        let testbed = try await Testbed.start(
            "\(seed)-\(number)-\(ProcessInfo.processInfo.processIdentifier)",
            program: options.programURL,
            configuration: configuration(number),
            settings: (rules, random.pick([1, 1, 2, 3]))
        )
        return RunningSystem(testbed: testbed, history: history, events: history.makeIterator())
    }

    /// - Returns: whether nothing differed.
    private func run(_ plan: RoundPlan, _ system: inout RunningSystem, _ totals: inout Totals) async throws -> Bool {
        let start = ContinuousClock.now
        let isVerbose = options.verbose
        while system.waiting.count < options.events, let event = system.events.next() { system.waiting.append(event) }
        let events = system.waiting
        let round = Round(plan: plan, testbed: system.testbed, history: system.history, events: events) { text in
            if isVerbose { say("    \(seconds(since: start))  \(text)") }
        }
        let names = plan.faults.map(\.name).joined(separator: " ")
        let settings = system.testbed.site.settings
        let title =
            "round \("\(plan.number)".padded(4))\(system.testbed.configuration.rawValue.padded(9))"
            + "\(settings.shards) shard\(settings.shards == 1 ? " " : "s")  \(names.padded(58))"
        do {
            if isVerbose { say(title) }
            let result = try await round.run(&system.truth)
            totals.rounds += 1
            system.waiting.removeFirst(result.published)
            totals.events += result.published
            totals.lost += result.lost
            totals.rebuilds += result.isRebuilt ? 1 : 0
            for fault in plan.faults { totals.strikes[fault.name, default: 0] += 1 }
            say(
                "\(title)  \(result.published) events  \(seconds(since: start))  verify, model, HTTP"
                    + (plan.endsQuietly ? ", quiet" : "") + (result.lost > 0 ? ", \(result.lost) lost" : "")
                    + (result.isRebuilt ? ", rebuilt" : "")
            )
            return true
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            if Task.isCancelled { throw CancellationError() }
            say("\(title)  FAILED after \(seconds(since: start))")
            await report(error, plan, system.testbed)
            return false
        }
    }

    private func report(_ error: any Error, _ plan: RoundPlan, _ testbed: Testbed) async {
        let problems = (error as? Round.Failure)?.problems ?? ["\(error)"]
        for problem in problems.prefix(60) { say("  \(problem.prefix(400))") }
        if problems.count > 60 { say("  and \(problems.count - 60) more") }
        if let status = try? await testbed.run(["status"], log: "status.log", within: 30) {
            say("--- status\n\(status.output)")
        }
        let logs = testbed.workers.map(\.log) + [testbed.serverLog, testbed.redis.log]
        for log in logs {
            let lines = ((try? String(contentsOf: log, encoding: .utf8)) ?? "").split(separator: "\n")
            say("--- \(log.lastPathComponent)\n\(lines.suffix(25).joined(separator: "\n"))")
        }
        let first = (plan.number - 1) / options.roundsPerSystem * options.roundsPerSystem + 1
        let rules = testbed.site.settings.rules
        say(
            """
            ---
            seed \(seed), round \(plan.number), \(testbed.configuration), \(testbed.site.settings.shards) shards, \
            owner credit \(rules.ownerCredit), \(plan.endsQuietly ? "quiet" : "traffic") at the end
            logs and data are in \(testbed.folder.path)
            to repeat: faults --seed \(seed) --from \(first) --rounds \(plan.number - first + 1) \
            --rounds-per-system \(options.roundsPerSystem) --events \(options.events) \
            --faults-per-round \(options.faultsPerRound) --ending \(options.ending)\
            \(options.redis.map { " --redis \($0)" } ?? "")\
            \(names(options.only, " --only "))\(names(options.except, " --except "))
            """
        )
    }

    private func names(_ names: FaultNames?, _ option: String) -> String {
        names.map { option + $0.faults.map(\.name).joined(separator: ",") } ?? ""
    }

    private func summary(_ totals: Totals, _ start: ContinuousClock.Instant, outcome: String) -> String {
        let strikes = totals.strikes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return "\(totals.rounds) rounds, \(totals.events) events, \(totals.strikes.values.reduce(0, +)) faults in "
            + "\(seconds(since: start)): \(outcome); the broker lost \(totals.lost) records, "
            + "\(totals.rebuilds) views were rebuilt\nfaults: \(strikes.joined(separator: ", "))"
    }
}

private func seconds(since start: ContinuousClock.Instant) -> String {
    String(format: "%5.1f s", start.duration(to: .now) / .seconds(1))
}

/// Prints a line without buffering.
func say(_ text: String) { FileHandle.standardOutput.write(Data("\(text)\n".utf8)) }
