import Concurrency
import Events
import Foundation
import Kafka
import Log
import SalesRules
import Samples
import Synchronization
import TestSupport

/// Measures the time from publishing an order until the widget shows it. Worker and server run as in production, orders are
/// published at an even rate, and the widget is read again and again over one connection.
struct Latency {
    let program: URL
    let people: Int
    let partitions: Int32
    let rate: Int
    let seconds: Int

    func measure() async throws -> String {
        let delays = try await Cluster.run(program, partitions: partitions) { try await self.delays(in: $0) }
        return String(
            format: "from publishing to the widget, %d orders at %d/s: p50 %.1f ms, p99 %.1f ms, longest %.1f ms",
            delays.count,
            rate,
            delays.percentile(0.5),
            delays.percentile(0.99),
            delays.max() ?? 0
        )
    }

    private func delays(in cluster: Cluster) async throws -> [Double] {
        _ = try cluster.start("worker", "--log-level", "warning")
        let (port, _) = try cluster.serve()
        let year = Calendar(identifier: .gregorian).component(.year, from: Date())
        let token = try await Cluster.token()
        let path = "/api/v1/widget?year=\(year)&salesperson=all&measure=orders"
        let probe = try HTTPProbe(port: port, path: path, token: token)
        let published = Published(count: rate * seconds)
        let servers = cluster.bootstrapServers
        return try await withThrowingTaskGroup(of: [Double].self) { group in
            group.addTask {
                try await BlockingThread.run("publish") {
                    try publish(to: servers, year: year, published)
                    return []
                }
            }
            group.addTask {
                try await BlockingThread.run("watch") { try watch(probe, published) }
            }
            var delays: [Double] = []
            for try await part in group { delays += part }
            return delays
        }
    }

    private func publish(to servers: String, year: Int, _ published: Published) throws {
        let producer = try KafkaProducer(
            KafkaConfiguration(bootstrapServers: servers, properties: ["linger.ms": "0"])
        )
        defer { producer.close(timeoutMilliseconds: 5_000) }
        let batch = producer.batch()
        let company = SampleCompany(tenant: Identifier("default")!, year: year, people: people)
        let encoder = EventEncoder(currency: .euro)
        let topics = TopicNames()
        func send(_ event: Event) throws {
            let (topic, key, value) = encoder.encode(event)
            try batch.append(.init(topic: topics[topic], key: key, value: value))
        }
        for event in company.peopleEvents + company.targetEvents() { try send(event) }
        try batch.wait(timeoutMilliseconds: 30_000)
        // The first orders are not measured. They warm up worker and server.
        let warmUp = rate * 6
        var generator = SeededGenerator(seed: 1)
        let start = ContinuousClock.now
        for number in 1...warmUp + published.capacity {
            let due = start + .seconds(Double(number) / Double(rate))
            let left = ContinuousClock.now.duration(to: due) / .microseconds(1)
            if left > 0 { usleep(UInt32(left)) }
            let event = company.order(number, version: 1, using: &generator)
            published.note(number - warmUp)
            try send(event)
        }
        try batch.wait(timeoutMilliseconds: 30_000)
    }

    /// Each time the total of the widget rises, computes the delay of the orders that are new in it.
    private func watch(_ probe: HTTPProbe, _ published: Published) throws -> [Double] {
        var delays: [Double] = []
        var shown = 0
        let warmUp = rate * 6
        let deadline = ContinuousClock.now + .seconds(seconds + 60)
        while shown < warmUp + published.capacity, .now < deadline {
            let total = try probe.total()
            let now = ContinuousClock.now
            guard total > shown else { continue }
            for number in shown + 1...total where number > warmUp {
                delays.append(published.moment(number - warmUp).duration(to: now) / .milliseconds(1))
            }
            shown = total
        }
        guard shown == warmUp + published.capacity else {
            throw Cluster.Failure(description: "the widget shows \(shown) of \(warmUp + published.capacity) orders")
        }
        return delays
    }
}

/// When each order was published.
private final class Published: Sendable {
    let capacity: Int
    private let moments: Mutex<[ContinuousClock.Instant]>

    init(count: Int) {
        capacity = count
        moments = Mutex(Array(repeating: .now, count: count))
    }

    func note(_ number: Int) {
        guard number > 0 else { return }
        moments.withLock { $0[number - 1] = .now }
    }

    func moment(_ number: Int) -> ContinuousClock.Instant { moments.withLock { $0[number - 1] } }
}
