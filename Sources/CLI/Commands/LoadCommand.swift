import ArgumentParser
import Concurrency
import Events
import Foundation
import Log
import SalesRules
import Samples
import Synchronization

struct LoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Publishes generated orders, people and targets, for tests and measurements.",
        discussion: """
            Do not use it on production topics. With --rate it makes live traffic; without, it fills the topics as fast \
            as it can. The same options with the same --seed give the same events.
            """
    )

    @OptionGroup var common: CommonOptions

    @Option(help: ArgumentHelp("The number of order events, 1 to 1,000,000,000.", valueName: "n"))
    var orders = 10_000

    @Option(help: ArgumentHelp("The number of salespeople, 1 to 100,000.", valueName: "n"))
    var people = 200

    @Option(help: ArgumentHelp("Order events a second (default: as many as possible).", valueName: "n"))
    var rate: Double?

    @Option(help: ArgumentHelp("The year of the targets and orders (default: this year).", valueName: "year"))
    var year: Int?

    @Option(
        help: ArgumentHelp("The share of order events that save an earlier order again, 0 to 1.", valueName: "share")
    )
    var resaves = 0.2

    @Option(help: ArgumentHelp("The share of orders that are split over several people, 0 to 1.", valueName: "share"))
    var splits = 0.3

    @Flag(help: "Date 95 % of the orders within three days, like live traffic; otherwise evenly over the year.")
    var skewed = false

    @Flag(inversion: .prefixedNo, help: "Publish the people first, and 26 targets for each of them.")
    var targets = true

    @Option(help: ArgumentHelp("The number of the first order.", valueName: "n"))
    var first = 1

    @Option(help: ArgumentHelp("The tenant of the events.", valueName: "id"))
    var tenant = "default"

    @Option(help: ArgumentHelp("The seed of the random numbers.", valueName: "n"))
    var seed: UInt64 = 1

    func validate() throws {
        guard (1...1_000_000_000).contains(orders), (1...100_000).contains(people) else {
            throw ValidationError("--orders takes 1 to 1,000,000,000 and --people 1 to 100,000.")
        }
        guard (0...1).contains(resaves), (0...1).contains(splits), rate ?? 1 > 0 else {
            throw ValidationError("--resaves and --splits take 0 to 1, and --rate more than 0.")
        }
        guard Identifier(tenant) != nil, year.map({ (1_900...2_990).contains($0) }) ?? true else {
            throw ValidationError("--tenant takes an id, and --year a year.")
        }
    }

    func run() async throws {
        let settings = try common.settings()
        let stop = Atomic<Bool>(false)
        let thisYear = Calendar(identifier: .gregorian).component(.year, from: Date())
        let year = year ?? thisYear
        let middle = Day(year: year, month: 6, day: 15) ?? Day(number: 0)!
        let company = SampleCompany(
            tenant: Identifier(tenant)!,
            year: year,
            people: people,
            shape: .init(splitShare: splits, dates: skewed ? .skewed(around: middle) : .even)
        )
        let log = settings.log
        let publisher = Publisher(topics: settings.topics, currency: try settings.rules.currency)
        try await UntilSignal.run { [self] in
            try await BlockingThread.run("load") {
                try publish(company, to: log.producer(for: .bulk), publisher) { stop.load(ordering: .relaxed) }
            }
        } onSignal: {
            stop.store(true, ordering: .relaxed)
        }
    }

    private func publish(
        _ company: SampleCompany,
        to producer: any LogProducer,
        _ publisher: Publisher,
        until isStopped: () -> Bool
    ) throws {
        defer { producer.close(timeoutMilliseconds: 5_000) }
        let batch = producer.batch()
        if targets {
            for event in company.peopleEvents + company.targetEvents() {
                try batch.append(publisher.record(for: event))
            }
            try batch.wait(timeoutMilliseconds: 60_000)
        }
        var generator = SeededGenerator(seed: seed)
        var bar = ProgressBar("orders", total: orders)
        var saved = 0
        let start = ContinuousClock.now
        for event in 0..<orders where !isStopped() {
            if let rate { Self.wait(until: start + .seconds(Double(event) / rate)) }
            let again = saved > 0 && generator.chance(resaves)
            if !again { saved += 1 }
            let number = again ? Int.random(in: 1...saved, using: &generator) : saved
            let order = company.order(first + number - 1, version: Int64(event + 1), using: &generator)
            try batch.append(publisher.record(for: order))
            bar.show(event + 1)
        }
        try batch.wait(timeoutMilliseconds: 60_000)
        bar.end()
        let seconds = start.duration(to: .now) / .seconds(1)
        Terminal.line("\(orders) order events, \(saved) orders, in \(String(format: "%.1f", seconds)) s")
    }

    private static func wait(until moment: ContinuousClock.Instant) {
        let left = ContinuousClock.now.duration(to: moment) / .microseconds(1)
        if left > 0 { usleep(UInt32(min(left, 1_000_000))) }
    }
}
