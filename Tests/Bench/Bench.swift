import ArgumentParser
import Events
import Foundation
import Kafka
import Redis
import SalesRules
import Samples
import TestSupport

/// Measures the program as it is run: the release build, a broker process, a Redis with its defaults, all on this machine.
@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Orders a second, Redis per order, and how soon widget and live feeds show an order."
    )

    /// What can be measured by itself.
    enum Part: String, CaseIterable, ExpressibleByArgument {
        case throughput, latency, widget, feed, soak
    }

    @Option(help: "Measure only this; may be given several times.")
    var only: [Part] = []

    @Option(help: "Order events in the prefilled topic.")
    var orders = 500_000

    @Option(help: "Salespeople, with 26 targets each and some that teams share.")
    var people = 200

    @Option(help: "Lanes of the worker.")
    var lanes = 2

    @Option(help: "Partitions of each topic.")
    var partitions: Int32 = 12

    @Option(help: "Seconds of live traffic.")
    var seconds = 20

    @Option(help: "Live orders a second.")
    var rate = 1_000

    @Option(help: "Open live feeds.")
    var streams = 1_000

    @Option(help: "Orders a second while the live feeds are open.")
    var feedRate = 10

    @Option(help: "Connections that ask for the widget.")
    var connections = 32

    @Option(help: "Orders a second of the soak.")
    var soakRate = 18_000

    @Option(help: "Minutes of the soak.")
    var soakMinutes = 10

    @Option(help: "How often each throughput is measured; the median counts.")
    var runs = 3

    func run() async throws {
        let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(
            path: "salestargets"
        )
        guard FileManager.default.isExecutableFile(atPath: program.path) else {
            throw ValidationError("\(program.path) is not there: make release")
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

/// Each live feed is an open file at both ends, and children inherit the limit.
private func raiseFileLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
}

extension Array where Element: Comparable {
    /// The value below which this share of the values lies.
    func percentile(_ share: Double) -> Element {
        sorted()[Swift.min(count - 1, Int(Double(count) * share))]
    }
}
