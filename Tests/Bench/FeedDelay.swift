import Concurrency
import Events
import Foundation
import Kafka
import Log
import SalesRules
import Samples
import Synchronization
import TestSupport

/// Measures the time from publishing an order until each of many live feeds shows it, and the cost of idle feeds.
struct FeedDelay {
    let program: URL
    let streams: Int
    let partitions: Int32
    let rate: Int
    let seconds: Int

    /// A target of all salespeople, which counts every order.
    static let target = "T-feed"
    private static let idleSeconds = 5

    func measure() async throws -> String {
        try await Cluster.run(program, partitions: partitions) { try await measure($0) }
    }

    private func measure(_ cluster: Cluster) async throws -> String {
        _ = try cluster.start("worker", "--log-level", "warning")
        let (port, server) = try cluster.serve()
        let token = try await Cluster.token()
        var tokens: [String] = []
        for number in 0...streams / 50 { tokens.append(try await Cluster.token("u-boss-\(number)")) }
        let traffic = try FeedTraffic(servers: cluster.bootstrapServers, count: rate * seconds)
        defer { traffic.close() }
        let year = traffic.year
        let widget = "/api/v1/widget?year=\(year)&salesperson=all&measure=orders"
        let orders = try HTTPProbe(port: port, path: widget, token: token)
        let target = try HTTPProbe(port: port, path: "/api/v1/targets/\(Self.target)", token: token)
        let (streams, rate, viewerTokens) = (streams, rate, tokens)
        let serverID = server.processIdentifier
        let result = try await BlockingThread.run("feed") {
            try traffic.prepareTargets(until: { try target.text().contains("\"counting\":false") })
            try traffic.prepareOrders(until: { try orders.total() == FeedTraffic.warmUp })
            let before = ProcessUse(of: serverID)
            let viewers = try FeedViewers(count: streams, port: port, tokens: viewerTokens)
            usleep(1_000_000)
            let opened = ProcessUse(of: serverID)
            usleep(UInt32(Self.idleSeconds) * 1_000_000)
            let idle = ProcessUse(of: serverID)
            let publishing = Thread { try? traffic.publish(atRate: rate) }
            publishing.start()
            let delays = try viewers.watch(traffic)
            return (delays, before, opened, idle)
        }
        let (delays, before, opened, idle) = result
        return String(
            format: """
                from publishing to each of %d live feeds, %d orders at %d/s: p50 %.1f ms, p99 %.1f ms, longest %.1f ms
                an idle live feed: %.1f kB of the server's memory; all together %.1f %% of a core
                """,
            streams,
            traffic.count,
            rate,
            delays.percentile(0.5),
            delays.percentile(0.99),
            delays.max() ?? 0,
            Double(opened.memory - before.memory) / Double(streams) / 1_000,
            (idle.cpu - opened.cpu) / Double(Self.idleSeconds) * 100
        )
    }
}

/// Publishes orders of a small company at an even rate. Each order counts once in one target.
final class FeedTraffic: Sendable {
    let year = Calendar(identifier: .gregorian).component(.year, from: Date())
    let count: Int
    private let producer: KafkaProducer
    private let batch: any ProducerBatch
    private let company: SampleCompany
    private let moments: Mutex<[ContinuousClock.Instant]>
    /// The number of orders before the first measured one. They warm up worker and server.
    static let warmUp = 100

    init(servers: String, count: Int) throws {
        self.count = count
        producer = try KafkaProducer(KafkaConfiguration(bootstrapServers: servers, properties: ["linger.ms": "0"]))
        batch = producer.batch()
        company = SampleCompany(tenant: Identifier("default")!, year: year, people: 10)
        moments = Mutex([])
    }

    func close() { producer.close(timeoutMilliseconds: 5_000) }

    /// Publishes people and targets and waits until they are applied.
    func prepareTargets(until isDone: () throws -> Bool) throws {
        let year = Period(start: Day(year: year, month: 1, day: 1)!, end: Day(year: year, month: 12, day: 31)!)!
        let all = Target(
            id: Identifier(FeedDelay.target)!,
            measure: .orders,
            goal: 1_000,
            period: year,
            assignees: company.people.map(\.id)
        )!
        let targets = company.targetEvents() + [Event(tenant: company.tenant, .target(all.id, .saved(all)))]
        for event in company.peopleEvents + targets { try send(event) }
        try wait(until: isDone)
    }

    /// Publishes the orders of the warm-up and waits until they are applied.
    func prepareOrders(until isDone: () throws -> Bool) throws {
        var generator = SeededGenerator(seed: 1)
        for number in 1...Self.warmUp { try send(company.order(number, version: 1, using: &generator)) }
        try wait(until: isDone)
    }

    private func wait(until isDone: () throws -> Bool) throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while try !isDone() {
            guard .now < deadline else { throw Cluster.Failure(description: "the events were not applied within 60 s") }
            usleep(50_000)
        }
    }

    func publish(atRate rate: Int) throws {
        var generator = SeededGenerator(seed: 2)
        let start = ContinuousClock.now
        for number in 1...count {
            let left = ContinuousClock.now.duration(to: start + .seconds(Double(number) / Double(rate)))
            if left > .zero { usleep(UInt32(left / .microseconds(1))) }
            let event = company.order(Self.warmUp + number, version: 1, using: &generator)
            moments.withLock { $0.append(.now) }
            try send(event)
        }
        try batch.wait(timeoutMilliseconds: 30_000)
    }

    /// When the order with this number, counted with the warm-up, was published.
    func moment(_ order: Int) -> ContinuousClock.Instant { moments.withLock { $0[order - Self.warmUp - 1] } }

    private func send(_ event: Event) throws {
        let (topic, key, value) = EventEncoder(currency: .euro).encode(event)
        try batch.append(.init(topic: TopicNames()[topic], key: key, value: value))
    }
}
