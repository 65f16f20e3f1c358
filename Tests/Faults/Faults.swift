import ArgumentParser
import Foundation
import Model
import SalesRules
import TestSupport
import UnixSignals

/// Runs the program under faults and compares everything it shows with the model.
@main
struct Faults: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faults",
        abstract: "Causes faults in the running program, and checks that every number is right afterwards.",
        discussion: """
            A broker, a Redis behind a proxy, three workers and a server run as processes. In each round a part of a \
            random history is published while faults happen. When everything runs again and all events are applied, \
            all results are compared: by `verify`, with a model of the rules, and over HTTP. The history continues from \
            round to round, so that damage adds up.

            The seed determines the faults and their times. Faults happen in a random order, every kind once before \
            any is repeated:

            """ + Fault.all.map { "\($0.name.padded(16))\($0.summary)" }.joined(separator: "\n")
    )

    @Option(help: "The seed of all random choices (default: a random seed).")
    var seed: UInt64?

    @Option(help: "The number of rounds.")
    var rounds = 30

    @Option(help: "The first round to run. It must be the first round of a system.")
    var from = 1

    @Option(help: "The number of rounds before a new system is started, with the next Redis configuration.")
    var roundsPerSystem = 10

    @Option(help: "The number of events in a round.")
    var events = 1_500

    @Option(help: "The maximum number of faults in a round.")
    var faultsPerRound = 4

    @Option(help: "Only these kinds of faults, separated by commas.")
    var only: FaultNames?

    @Option(help: "All kinds of faults except these, separated by commas.")
    var except: FaultNames?

    @Option(help: "rdb, everysec or always (default: in turns).")
    var redis: RedisConfiguration?

    @Option(help: "What follows the last fault: traffic, quiet, or both (one of them at random in each round).")
    var ending = RoundEnding.both

    @Option(help: "Stop after the round in which this number of seconds has passed.")
    var seconds: Int?

    @Option(help: "The path of salestargets (default: in the folder of this program).")
    var program: String?

    @Flag(help: "Fail unless every kind of fault has happened.")
    var requireAll = false

    @Flag(help: "Only print the faults of each round.")
    var plan = false

    @Flag(help: "Print what happens, with times.")
    var verbose = false

    enum RoundEnding: String, CaseIterable, ExpressibleByArgument {
        case traffic, quiet, both
    }

    func validate() throws {
        guard rounds > 0, from > 0, roundsPerSystem > 0, events > 0, faultsPerRound > 0, !faults.isEmpty else {
            throw ValidationError("numbers must be above zero, and --only and --except must leave a fault")
        }
        guard (from - 1) % roundsPerSystem == 0 else {
            throw ValidationError("--from must be 1, \(1 + roundsPerSystem), \(1 + 2 * roundsPerSystem)…")
        }
        guard FileManager.default.isExecutableFile(atPath: programURL.path) else {
            throw ValidationError("\(programURL.path) is missing: run `swift build --product salestargets`")
        }
        guard BrokerProcess.isAvailable else { throw ValidationError("noida-db is missing: run `make faults`") }
    }

    /// The selected kinds of faults.
    var faults: [Fault] {
        let excepted = Set(except?.faults.map(\.name) ?? [])
        return (only?.faults ?? Fault.all).filter { !excepted.contains($0.name) }
    }

    var programURL: URL {
        program.map { URL(filePath: $0) }
            ?? URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "salestargets")
    }

    func run() async throws {
        let course = Course(options: self, seed: seed ?? .random(in: 1...999_999))
        if plan { return course.tell() }
        let signals = await UnixSignalsSequence(trapping: [.sigint, .sigterm])
        let code = try await withThrowingTaskGroup(of: Int32?.self) { group in
            group.addTask { try await course.run() ? 0 : 1 }
            group.addTask {
                for await signal in signals { return signal == .sigint ? 130 : 143 }
                return nil
            }
            let first = try await group.next() ?? nil
            // Either the course has ended, or a signal asks to end it.
            group.cancelAll()
            if let first, first > 1 {
                // A call to a broker that is down may block for long. Child processes end with this process.
                Thread.detachNewThread {
                    sleep(10)
                    Foundation.exit(first)
                }
            }
            do {
                while let _ = try await group.next() {}
            } catch is CancellationError {}
            return first
        }
        if let code, code != 0 { throw ExitCode(code) }
    }
}

/// Names of faults as a command-line value, separated by commas.
struct FaultNames: ExpressibleByArgument {
    let faults: [Fault]

    init?(argument: String) {
        var faults: [Fault] = []
        for name in argument.split(separator: ",") {
            guard let fault = Fault.all.first(where: { $0.name == name }) else { return nil }
            faults.append(fault)
        }
        if faults.isEmpty { return nil }
        self.faults = faults
    }
}

extension String {
    /// The text with spaces appended up to a width.
    func padded(_ width: Int) -> String { padding(toLength: max(width, count), withPad: " ", startingAt: 0) }
}
