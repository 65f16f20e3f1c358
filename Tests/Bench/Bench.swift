import ArgumentParser
import Events
import Foundation
import Kafka
import Redis
import SalesRules
import Samples
import TestSupport

/// Measures the release build of the program with a broker process and a Redis with default settings, on one machine.
@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures throughput, and how soon the widget and live feeds show an order."
    )

    /// The measurements, each of which can be run alone.
    enum Part: String, CaseIterable, ExpressibleByArgument {
        case throughput, latency, widget, feed, soak
    }

    @Option(help: "Run only this measurement; can be given several times (default: all except soak).")
    var only: [Part] = []

    @Option(help: "Order events in the prefilled topic of throughput and widget (widget: at most 50,000).")
    var orders = 500_000

    @Option(help: "Salespeople, each with 26 targets, and some targets that teams share; not for feed.")
    var people = 200

    @Option(help: "throughput: lanes of the worker.")
    var lanes = 2

    @Option(help: "Partitions of each topic, except for soak.")
    var partitions: Int32 = 12

    @Option(help: "latency, widget and feed: seconds of traffic.")
    var seconds = 20

    @Option(help: "latency: orders a second.")
    var rate = 1_000

    @Option(help: "feed: open live feeds.")
    var streams = 1_000

    @Option(help: "feed: orders a second.")
    var feedRate = 10

    @Option(help: "widget: open connections.")
    var connections = 32

    @Option(help: "soak: orders a second.")
    var soakRate = 18_000

    @Option(help: "soak: minutes.")
    var soakMinutes = 10

    @Option(help: "throughput: runs of each measurement; the median is printed.")
    var runs = 3

    func run() async throws {
        let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(
            path: "salestargets"
        )
        guard FileManager.default.isExecutableFile(atPath: program.path) else {
            throw ValidationError("\(program.path) does not exist; run `make release`")
        }
        let parts = only.isEmpty ? Part.allCases.filter { $0 != .soak } : only
        if parts.contains(.throughput) { try await measureThroughput(of: program) }
        if parts.contains(.latency) {
            let latency = Latency(
                program: program,
                people: people,
                partitions: partitions,
                rate: rate,
                seconds: seconds
            )
            print("\n\(try await latency.measure())")
        }
        if parts.contains(.widget) {
            let load = WidgetLoad(
                program: program,
                orders: min(orders, 50_000),
                people: people,
                partitions: partitions,
                connections: connections,
                seconds: seconds
            )
            print(try await load.measure())
        }
        if parts.contains(.soak) {
            let soak = Soak(program: program, people: people, rate: soakRate, minutes: soakMinutes)
            guard try await soak.run() else { throw ExitCode(1) }
        }
        if parts.contains(.feed) {
            raiseFileLimit()
            let delay = FeedDelay(
                program: program,
                streams: streams,
                partitions: partitions,
                rate: feedRate,
                seconds: seconds
            )
            print(try await delay.measure())
        }
    }

    private func measureThroughput(of program: URL) async throws {
        print("\(orders) order events (20 % re-saves, 30 % split), \(people) salespeople, \(lanes) lanes")
        print("dates      orders/s   Redis µs/order   worker µs/order   bytes/order")
        for skewed in [false, true] {
            var results: [Throughput.Result] = []
            for run in 0..<runs {
                let measured = try await Throughput(
                    program: program,
                    orders: orders,
                    people: people,
                    lanes: lanes,
                    partitions: partitions,
                    skewed: skewed,
                    seed: UInt64(run + 1)
                ).measure()
                results.append(measured)
            }
            print(Throughput.row(skewed ? "skewed" : "even", results))
        }
    }
}

/// Raises the limit of open files, which child processes inherit. Each live feed is an open file at both ends.
private func raiseFileLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
}

extension Array where Element: Comparable {
    /// The value below which this share (0 to 1) of the values lies. The array must not be empty.
    func percentile(_ share: Double) -> Element {
        sorted()[Swift.min(count - 1, Int(Double(count) * share))]
    }
}
