import ArgumentParser
import Foundation
import Simulation
import Synchronization

/// Runs schedules of the posting protocol: production code of the worker over a simulated Redis and log.
@main
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs random interleavings of the posting protocol, each determined by a seed.",
        discussion: "Stops at the first schedule with wrong numbers, prints its seed and exits with 1."
    )

    @Option(help: "The number of schedules.")
    var schedules = 100_000

    @Option(help: "The seed of the first schedule; each further schedule has the next seed.")
    var seed: UInt64 = 1

    @Option(help: "The number of threads.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    @Flag(help: "Run one schedule and print what happens in it.")
    var tell = false

    func run() throws {
        // Unless this is set before the process starts, sets and dictionaries have a random order in each process.
        if ProcessInfo.processInfo.environment["SWIFT_DETERMINISTIC_HASHING"] == nil {
            setenv("SWIFT_DETERMINISTIC_HASHING", "1", 1)
            var arguments: [UnsafeMutablePointer<CChar>?] = CommandLine.arguments.map { strdup($0) } + [nil]
            execv("/proc/self/exe", &arguments)
        }
        if tell {
            let outcome = Schedule(seed: seed).run(tells: true)
            print(outcome.trace.joined(separator: "\n"))
            print(outcome.differences.isEmpty ? "all is as it should be" : outcome.differences.joined(separator: "\n"))
            if !outcome.differences.isEmpty { throw ExitCode(1) }
            return
        }
        try expectTheSameTwice()
        let start = ContinuousClock.now
        let tally = Mutex(Played())
        let next = Atomic<Int>(0)
        let group = DispatchGroup()
        for _ in 0..<threads {
            group.enter()
            Thread.detachNewThread {
                while true {
                    let number = next.add(1, ordering: .relaxed).oldValue
                    if number >= schedules || tally.withLock({ $0.failure != nil }) { break }
                    let seed = seed &+ UInt64(number)
                    let outcome = Schedule(seed: seed).run()
                    tally.withLock { $0.add(outcome, seed) }
                }
                group.leave()
            }
        }
        group.wait()
        let seconds = start.duration(to: .now) / .seconds(1)
        let played = tally.withLock { $0 }
        print("\(played.summary) in \(String(format: "%.1f", seconds)) s")
        if let (seed, differences) = played.failure {
            print("seed \(seed):\n" + differences.joined(separator: "\n"))
            print("once more, with what happened: simulate --tell --seed \(seed)")
            throw ExitCode(1)
        }
    }
}

extension Simulate {
    /// Checks that a seed always gives the same schedule; otherwise a failure could not be repeated.
    private func expectTheSameTwice() throws {
        for seed in seed..<seed &+ 20 {
            let (first, second) = (Schedule(seed: seed).run(tells: true), Schedule(seed: seed).run(tells: true))
            guard first.steps == second.steps, first.trace == second.trace else {
                print("seed \(seed) does not lead to the same thing twice")
                throw ExitCode(1)
            }
        }
    }
}

/// The totals of all schedules.
private struct Played {
    private var count = 0
    private var steps = 0
    private var faults: [Fault: Int] = [:]
    private(set) var failure: (seed: UInt64, differences: [String])?

    mutating func add(_ outcome: Schedule.Outcome, _ seed: UInt64) {
        count += 1
        steps += outcome.steps
        faults.merge(outcome.faults) { $0 + $1 }
        if !outcome.differences.isEmpty, failure == nil { failure = (seed, outcome.differences) }
    }

    var summary: String {
        let all = Fault.allCases.map { "\($0) \(faults[$0] ?? 0)" }.joined(separator: ", ")
        return "\(count) schedules, \(steps) steps, \(faults.values.reduce(0, +)) faults (\(all))"
    }
}
