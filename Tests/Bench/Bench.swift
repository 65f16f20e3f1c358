import ArgumentParser
import Events
import Foundation
import Kafka
import Redis
import SalesTargets
import Samples
import TestSupport

/// Measures the program as it is run: the release build, a broker process, a Redis with its defaults, all on this machine.
@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Orders a second, Redis per order, and the delay until the widget shows an order."
    )

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

    @Option(help: "How often each throughput is measured; the median counts.")
    var runs = 3

    func run() async throws {
        let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(
            path: "salestargets"
        )
        guard FileManager.default.isExecutableFile(atPath: program.path) else {
            throw ValidationError("\(program.path) is not there: make release")
        }
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
        let latency = try await Latency(
            program: program,
            people: people,
            partitions: partitions,
            rate: rate,
            seconds: seconds
        ).measure()
        print("\n\(latency)")
    }
}

extension Array where Element: Comparable {
    /// The value below which this share of the values lies.
    func percentile(_ share: Double) -> Element {
        sorted()[Swift.min(count - 1, Int(Double(count) * share))]
    }
}
