import Events
import Ledger
import Model
import Redis
import SalesRules

/// One interleaving of events, steps and faults, determined by a seed.
package struct Schedule: Sendable {
    /// Determines the whole schedule.
    package let seed: UInt64
    private let settings: LedgerSettings
    private let appendOnly: Bool
    private let backfillStep: Int

    /// The number of steps after which the final phase counts as hanging.
    private static let patience = 20_000

    /// A few orders are more than these allow. All changes of less than `largeChange` together stay below what is left
    /// above `high`.
    private static let lowSums = SumLimits(greatest: 80_000_00, high: 30_000_00, largeChange: 100_00)

    /// The schedule of a seed.
    package init(seed: UInt64) {
        self.seed = seed
        var random = SeededGenerator(seed: seed ^ 0x5eed)
        let shards = random.chance(300) ? 2 : 1
        appendOnly = random.chance(300)
        let sums = random.chance(250) ? Self.lowSums : SumLimits()
        settings = LedgerSettings(rules: Rules(), shards: shards, sums: sums)
        // Of the few orders of a schedule one at a time, so that there is something between two steps.
        backfillStep = random.chance(500) ? 1 : Backfill.stepSize
    }

    /// The result of a schedule.
    package struct Outcome: Sendable {
        /// The differences at the end; empty if all numbers are right.
        package var differences: [String] = []
        /// The number of steps.
        package var steps = 0
        /// The number of times each fault happened.
        package var faults: [Fault: Int] = [:]
        /// A log of what happened, if requested.
        package var trace: [String] = []
    }

    /// Runs the schedule to its end.
    /// - Parameter tells: whether to record the trace.
    package func run(tells: Bool = false) -> Outcome {
        let world = World(
            seed: seed,
            partitions: 2,
            appendOnly: appendOnly,
            settings: settings,
            backfillStep: backfillStep
        )
        if tells { world.trace = [] }
        defer { world.end() }
        var outcome = Outcome()
        let history = History(
            seed: seed,
            events: Int.random(in: 8...32, using: &world.random),
            people: 4,
            orders: 3,
            targets: 2,
            days: settings.sums == Self.lowSums ? 2 : nil
        )
        var events = Array(history.reversed())
        var written: [(event: Event, record: String)] = []
        let faults = Fault.allCases.filter { $0 != .tornFile || appendOnly }

        for _ in 0..<Int.random(in: 1...3, using: &world.random) { world.startWorker() }
        world.rebalance(among: world.workers.keys.sorted())
        var left = Int.random(in: 0...6, using: &world.random)
        while !events.isEmpty || left > 0 {
            outcome.steps += 1
            if let fault = world.restartEnded() ?? world.readAhead { return failed(fault, outcome, world) }
            switch Int.random(in: 0..<1_000, using: &world.random) {
            case 0..<70:
                // In bursts, so that several lanes work at the same time.
                for _ in 0..<Int.random(in: 1...10, using: &world.random) {
                    if let event = events.popLast() { written.append((event, append(event, to: world))) }
                }
            case 70..<110 where left > 0:
                left -= 1
                let fault = world.random.pick(faults)
                outcome.faults[fault, default: 0] += 1
                world.cause(fault)
            case 110..<140:
                world.snapshots.append(world.servers[world.primary])
                if world.snapshots.count > 3 { world.snapshots.removeFirst() }
            default: _ = world.step()
            }
        }
        world.endFaults()
        world.record("all is well from here on")
        finish(world, &outcome)
        if outcome.differences.isEmpty {
            let refused = FinalCheck.refused(world)
            let applied = written.lazy.filter { !refused.contains($0.record) }.map(\.event)
            let check = FinalCheck(world, SalesModel(rules: world.settings.rules, applying: applied))
            outcome.differences = check.differences + check.compactionDifferences(world)
        }
        outcome.trace = world.trace ?? []
        return outcome
    }

    private func failed(_ difference: String, _ outcome: Outcome, _ world: World) -> Outcome {
        var outcome = outcome
        outcome.differences = [difference]
        outcome.trace = world.trace ?? []
        return outcome
    }

    /// - Returns: the name of its record in the sets of refused records.
    private func append(_ event: Event, to world: World) -> String {
        let hash = event.recordKey.text.utf8.reduce(0 as UInt32) { $0 &* 31 &+ UInt32($1) }
        world.record("log: \(event)")
        let (partition, offset) = world.log.append(event, to: Int32(hash % 2))
        if world.random.chance(50) { world.log.leaveHole(in: world.random.pick(world.log.names)) }
        return KeySpace.refusedRecord(partition, offset: offset)
    }

    /// Continues until all records are applied and all backfill jobs are done.
    private func finish(_ world: World, _ outcome: inout Outcome) {
        for count in 0..<Self.patience {
            outcome.steps += 1
            if let fault = world.restartEnded() ?? world.readAhead {
                outcome.differences = [fault]
                return
            }
            if count % 16 == 0, FinalCheck.isApplied(world) { return }
            if !world.step() { break }
        }
        outcome.differences = ["it does not come to an end: \(FinalCheck.rest(of: world))"]
    }
}
