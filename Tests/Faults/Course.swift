import Foundation
import Ledger
import Model
import SalesRules
import TestSupport

/// All rounds, one after the other.
struct Course: Sendable {
    let options: Faults
    let seed: UInt64

    /// What there is until it is started afresh.
    private struct Era {
        let testbed: Testbed
        let history: History
        var events: History.Iterator
        /// Taken from the history, and not published yet.
        var waiting: [Event] = []
        var truth = LogTruth()
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
        var deck = FaultDeck(options.faults, seed: seed)
        var era: Era?
        var totals = Totals()
        var outcome = "nothing differed"
        do {
            for number in 1..<options.from + options.rounds {
                let plan = plan(number, &deck)
                // Those before are only planned, so that what comes is the same.
                if number < options.from { continue }
                if (number - 1) % options.roundsPerSystem == 0 {
                    await era?.testbed.end()
                    era = try await begin(number)
                }
                guard var current = era else { break }
                if try await !run(plan, &current, &totals) {
                    outcome = "round \(number) FAILED"
                    break
                }
                era = current
                if let limit = options.seconds, ContinuousClock.now - start > .seconds(limit) { break }
            }
        } catch {
            await era?.testbed.end()
            say(summary(totals, start, outcome: "not all were done"))
            throw error
        }
        let isRight = outcome == "nothing differed"
        await era?.testbed.end(keepsFolder: !isRight)
        say(summary(totals, start, outcome: outcome))
        if !isRight { return false }
        let missing = options.faults.filter { totals.strikes[$0.name] == nil }
        if options.requireAll, !missing.isEmpty {
            say("these did not strike: \(missing.map(\.name).joined(separator: " "))")
            return false
        }
        return true
    }

    /// Prints what strikes in each round.
    func tell() {
        say("seed \(seed)")
        var deck = FaultDeck(options.faults, seed: seed)
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
        say(missing.isEmpty ? "every kind strikes" : "these do not strike: \(missing.sorted().joined(separator: " "))")
    }

    private func configuration(_ number: Int) -> RedisConfiguration {
        let all = RedisConfiguration.allCases
        return options.redis ?? all[(number - 1) / options.roundsPerSystem % all.count]
    }

    private func plan(_ number: Int, _ deck: inout FaultDeck) -> RoundPlan {
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

    private func begin(_ number: Int) async throws -> Era {
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
        return Era(testbed: testbed, history: history, events: history.makeIterator())
    }

    /// - Returns: whether nothing differed.
    private func run(_ plan: RoundPlan, _ era: inout Era, _ totals: inout Totals) async throws -> Bool {
        let start = ContinuousClock.now
        let isVerbose = options.verbose
        while era.waiting.count < options.events, let event = era.events.next() { era.waiting.append(event) }
        let events = era.waiting
        let round = Round(plan: plan, testbed: era.testbed, history: era.history, events: events) { text in
            if isVerbose { say("    \(seconds(since: start))  \(text)") }
        }
        let names = plan.faults.map(\.name).joined(separator: " ")
        let settings = era.testbed.site.settings
        let title =
            "round \("\(plan.number)".padded(4))\(era.testbed.configuration.rawValue.padded(9))"
            + "\(settings.shards) shard\(settings.shards == 1 ? " " : "s")  \(names.padded(58))"
        do {
            if isVerbose { say(title) }
            let result = try await round.run(&era.truth)
            totals.rounds += 1
            era.waiting.removeFirst(result.published)
            totals.events += result.published
            totals.lost += result.lost
            totals.rebuilds += result.isRebuilt ? 1 : 0
            for fault in plan.faults { totals.strikes[fault.name, default: 0] += 1 }
            say(
                "\(title)  \(result.published) events  \(seconds(since: start))  verify, model, HTTP"
                    + (plan.endsQuietly ? ", quiet" : "") + (result.lost > 0 ? ", \(result.lost) lost" : "")
                    + (result.isRebuilt ? ", made anew" : "")
            )
            return true
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            if Task.isCancelled { throw CancellationError() }
            say("\(title)  FAILED after \(seconds(since: start))")
            await report(error, plan, era.testbed)
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
            what they left is in \(testbed.folder.path)
            again: faults --seed \(seed) --from \(first) --rounds \(plan.number - first + 1) \
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
            + "\(totals.rebuilds) views were made anew\nfaults: \(strikes.joined(separator: ", "))"
    }
}

private func seconds(since start: ContinuousClock.Instant) -> String {
    String(format: "%5.1f s", start.duration(to: .now) / .seconds(1))
}

/// Prints a line at once.
func say(_ text: String) { FileHandle.standardOutput.write(Data("\(text)\n".utf8)) }
