import Concurrency
import Events
import Foundation
import Kafka
import LocalServers
import Log
import SalesRules
import Samples
import Synchronization
import TestSupport

/// Minutes of heavy traffic: checks that worker and server keep up and that their memory and open files do not grow.
///
/// The broker is the one embedded in librdkafka, in this process. It keeps only 5 MB of each partition, some seconds of this
/// traffic, so a worker that falls further behind has to stop. What a worker fetches ahead while it is behind stays in its
/// resident memory, up to a bound. At a rate that fills the cores, memory therefore grows in steps.
struct Soak {
    let program: URL
    let people: Int
    let rate: Int
    let minutes: Int

    /// The number of different orders. They are saved again and again, so that Redis does not grow.
    private static let orders = 200_000
    private static let partitions: Int32 = 24
    /// Traffic at a tenth of the rate, while the worker joins its group.
    private static let warmUpSeconds = 10
    private static let viewers = 20
    private static let secondsBetweenSamples = 5

    /// - Returns: whether nothing grew, the worker caught up, and `verify` found no difference.
    func run() async throws -> Bool {
        let broker = try MockCluster()
        let topics = TopicNames()
        for topic in topics.byName.keys { try broker.createTopic(topic, partitions: Self.partitions) }
        try broker.createTopic(topics.deadLetters, partitions: 1)
        return try await Cluster.run(program, partitions: Self.partitions, brokerAt: broker.bootstrapServers) {
            try await run(in: $0)
        }
    }

    private func run(in cluster: Cluster) async throws -> Bool {
        let worker = try cluster.start("worker", "--log-level", "warning")
        let (port, server) = try cluster.serve()
        let token = try await Cluster.token()
        let isOver = SoakEnd()
        let samples = SoakSamples()
        print("\(rate) orders/s for \(minutes) min, \(Self.viewers) live feeds, constant requests for the widget")
        print("   min   worker MB   files   server MB   files   lag")
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { isOver.set() }
            group.addTask { try await publish(to: cluster.bootstrapServers, isOver) }
            group.addTask { try await Self.look(port, token, isOver) }
            group.addTask {
                let metrics = try HTTPProbe(port: port, path: "/metrics", token: token)
                let start = ContinuousClock.now
                while !isOver.isSet {
                    try await Task.sleep(for: .seconds(Self.secondsBetweenSamples))
                    let lag = try await BlockingThread.run("metrics") { try Self.lag(metrics) }
                    let sample = Sample(
                        minute: start.duration(to: .now) / .seconds(60),
                        worker: ProcessUse(of: worker.processIdentifier),
                        server: ProcessUse(of: server.processIdentifier),
                        lag: lag
                    )
                    let count = samples.add(sample)
                    if count % (60 / Self.secondsBetweenSamples) == 0 { print(sample) }
                }
            }
            try await group.next()
            isOver.set()
            while let _ = try await group.next() {}
        }
        return try await judge(samples.all, cluster, port, token)
    }

    fileprivate struct Sample: CustomStringConvertible {
        let minute: Double
        let worker: ProcessUse
        let server: ProcessUse
        let lag: Int

        var description: String {
            String(
                format: "%6.1f %11.1f %7d %11.1f %7d %5d",
                minute,
                Double(worker.memory) / 1e6,
                worker.files,
                Double(server.memory) / 1e6,
                server.files,
                lag
            )
        }
    }

    /// Compares the middle third of the run with the last third. What grows without end also grows between them.
    private func judge(_ samples: [Sample], _ cluster: Cluster, _ port: Int, _ token: String) async throws -> Bool {
        let middle = samples[(samples.count / 3)..<(samples.count * 2 / 3)]
        let last = samples[(samples.count * 2 / 3)...]
        var isRight = true
        func compare(_ name: String, _ value: (Sample) -> Int, allowed: Double) {
            let (before, after) = (middle.map(value).percentile(0.5), last.map(value).percentile(0.5))
            let growth = Double(after - before) / Double(max(1, before)) * 100
            print("\(name): \(before) → \(after) (\(String(format: "%+.1f", growth)) %)")
            if growth > allowed { isRight = false }
        }
        compare("worker, resident bytes", { $0.worker.memory }, allowed: 3)
        compare("server, resident bytes", { $0.server.memory }, allowed: 3)
        compare("worker, open files", { $0.worker.files }, allowed: 0)
        compare("server, open files", { $0.server.files }, allowed: 0)
        let metrics = try HTTPProbe(port: port, path: "/metrics", token: token)
        let deadline = ContinuousClock.now + .seconds(20)
        var lag = -1
        while lag != 0, .now < deadline {
            lag = try await BlockingThread.run("metrics") { try Self.lag(metrics) }
            try await Task.sleep(for: .milliseconds(200))
        }
        print("lag: \(last.map(\.lag).percentile(0.5)) median in the last third, \(lag) at the end")
        let isVerified = (try? cluster.run("verify", "--from-entries")) != nil
        print("verify: \(isVerified ? "nothing differs" : "something differs")")
        return isRight && lag == 0 && isVerified
    }

    private static func lag(_ metrics: HTTPProbe) throws -> Int {
        let line = try metrics.text().split(whereSeparator: \.isNewline)
            .first { $0.hasPrefix("salestargets_log_lag_records ") }
        return line?.split(separator: " ").last.flatMap { Double($0) }.map { Int($0) } ?? -1
    }

    private func publish(to servers: String, _ isOver: SoakEnd) async throws {
        let year = Calendar(identifier: .gregorian).component(.year, from: Date())
        let company = SampleCompany(
            tenant: Identifier("default")!,
            year: year,
            people: people,
            shape: .init(dates: .skewed(around: Day(year: year, month: 6, day: 15)!))
        )
        let rate = rate
        let (warmUp, count) = (rate / 10 * Self.warmUpSeconds, rate * minutes * 60)
        try await BlockingThread.run("publish") {
            // The embedded broker answers a fetch with one batch of each partition. A long linger makes batches large.
            let producer = try KafkaProducer(
                KafkaConfiguration(bootstrapServers: servers, properties: ["linger.ms": "100"])
            )
            defer { producer.close(timeoutMilliseconds: 5_000) }
            let batch = producer.batch()
            let encoder = EventEncoder(currency: .euro)
            let topics = TopicNames()
            func send(_ event: Event) throws {
                let (topic, key, value) = encoder.encode(event)
                try batch.append(.init(topic: topics[topic], key: key, value: value))
            }
            for event in company.peopleEvents + company.targetEvents() { try send(event) }
            try batch.wait(timeoutMilliseconds: 30_000)
            var generator = SeededGenerator(seed: 1)
            func save(_ numbers: ClosedRange<Int>, rate: Int) throws {
                let start = ContinuousClock.now
                for number in numbers {
                    if number % 100 == 0 {
                        let due = start + .seconds(Double(number - numbers.lowerBound) / Double(rate))
                        let left = ContinuousClock.now.duration(to: due) / .microseconds(1)
                        if left > 0 { usleep(UInt32(left)) }
                    }
                    try send(company.order(1 + number % Self.orders, version: Int64(number), using: &generator))
                }
            }
            try save(1...warmUp, rate: rate / 10)
            try save(warmUp + 1...warmUp + count, rate: rate)
            try batch.wait(timeoutMilliseconds: 30_000)
        }
    }

    /// Acts as viewers: reads the widget and keeps live feeds open.
    private static func look(_ port: Int, _ token: String, _ isOver: SoakEnd) async throws {
        let year = Calendar(identifier: .gregorian).component(.year, from: Date())
        let path = "/api/v1/widget?year=\(year)&salesperson=u-1&measure=revenue"
        let widget = try HTTPProbe(port: port, path: path, token: token)
        var feeds = try (0..<viewers).map { _ in try OpenFeed(port: port, token: token) }
        while !isOver.isSet {
            let now = feeds
            feeds = try await BlockingThread.run("look") {
                _ = try widget.text()
                usleep(20_000)
                return try now.map { try $0.drain() ? $0 : OpenFeed(port: port, token: token) }
            }
        }
    }
}

/// An open live feed whose events are read and dropped.
private final class OpenFeed: Sendable {
    private let socket: Int32

    init(port: Int, token: String) throws {
        socket = try LocalSocket.connect(port: port)
        let request = Array(
            "GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(token)\r\n\r\n".utf8
        )
        guard write(socket, request, request.count) == request.count else {
            throw Cluster.Failure(description: "the server closed the connection")
        }
    }

    deinit { close(socket) }

    /// Reads the bytes that have arrived; false if the server has ended the feed.
    func drain() throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(socket, &chunk, chunk.count, Int32(MSG_DONTWAIT))
            if count == 0 { return false }
            if count < 0 { return errno == EAGAIN }
        }
    }
}

private final class SoakEnd: Sendable {
    private let flag = Atomic<Bool>(false)
    var isSet: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
}

private final class SoakSamples: Sendable {
    private let samples = Mutex<[Soak.Sample]>([])
    var all: [Soak.Sample] { samples.withLock { $0 } }

    /// - Returns: the number of samples.
    func add(_ sample: Soak.Sample) -> Int {
        samples.withLock { samples in
            samples.append(sample)
            return samples.count
        }
    }
}
