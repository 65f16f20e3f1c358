import ArgumentParser
import Foundation
import Model
import SalesRules
import TestSupport
import UnixSignals

/// Runs the program under faults and compares everything it shows with what the rules say.
@main
struct Faults: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faults",
        abstract: "Lets things go wrong under the running program, and looks whether every number is right afterwards.",
        discussion: """
            A broker, a Redis behind a proxy, three workers and a server run as processes. In each round a stretch of a \
            random history is published while faults strike; when everything runs again and is applied, all that is \
            shown is compared: by `verify`, with a model that knows only the rules, and over HTTP. The history goes on \
            from round to round, so that damage adds up.

            What strikes and when follows from the seed. Kinds come in a random order, each once before any comes again:

            """ + Fault.all.map { "\($0.name.padded(16))\($0.summary)" }.joined(separator: "\n")
    )

    @Option(help: "What everything random follows from (default: another one each time).")
    var seed: UInt64?

    @Option(help: "How many rounds.")
    var rounds = 30

    @Option(help: "The first round to run: the first one of a system.")
    var from = 1

    @Option(help: "Rounds before everything is started afresh, with the next configuration of Redis.")
    var roundsPerSystem = 10

    @Option(help: "Events in a round.")
    var events = 1_500

    @Option(help: "The most faults in a round.")
    var faultsPerRound = 4

    @Option(help: "Only these kinds, separated by commas.")
    var only: FaultNames?

    @Option(help: "All but these kinds, separated by commas.")
    var except: FaultNames?

    @Option(help: "rdb, everysec or always (default: in turns).")
    var redis: RedisConfiguration?

    @Option(help: "What comes after the last fault: traffic, quiet, or both in turns.")
    var ending = LastWord.both

    @Option(help: "Ends after the round in which so many seconds have passed.")
    var seconds: Int?

    @Option(help: "The program (default: the one beside this one).")
    var program: String?

    @Flag(help: "Fail unless every kind has struck.")
    var requireAll = false

    @Flag(help: "Only tell what would strike.")
    var plan = false

    @Flag(help: "Tell what happens when.")
    var verbose = false

    enum LastWord: String, CaseIterable, ExpressibleByArgument {
        case traffic, quiet, both
    }

    func validate() throws {
        guard rounds > 0, from > 0, roundsPerSystem > 0, events > 0, faultsPerRound > 0, !faults.isEmpty else {
            throw ValidationError("numbers must be above zero, and something must be left to strike")
        }
        guard (from - 1) % roundsPerSystem == 0 else {
            throw ValidationError("a system begins with rounds 1, \(1 + roundsPerSystem), \(1 + 2 * roundsPerSystem)…")
        }
        guard FileManager.default.isExecutableFile(atPath: programURL.path) else {
            throw ValidationError("\(programURL.path) is not there: swift build --product salestargets")
        }
        guard BrokerProcess.isAvailable else { throw ValidationError("noida-db is not there: make faults installs it") }
    }

    /// What may strike.
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
            // Either the course is over, or it is to end now.
            group.cancelAll()
            if let first, first > 1 {
                // What waits for a broker that is down may do so for longer than a person; children end with us.
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

/// Names of kinds, as they are typed.
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
    /// With spaces behind it, up to a width.
    func padded(_ width: Int) -> String { padding(toLength: max(width, count), withPad: " ", startingAt: 0) }
}
