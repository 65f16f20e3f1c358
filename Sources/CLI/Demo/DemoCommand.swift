import ArgumentParser
import Concurrency
import Events
import Foundation
import Hummingbird
import Kafka
import Ledger
import LocalServers
import Log
import Logging
import Redis
import SalesRules
import Samples
import Server
import ServiceLifecycle
import Worker

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Runs everything on this machine with generated data, without configuration.",
        discussion: """
            Starts a Redis and an embedded Kafka broker of its own, publishes a year of orders of a dozen salespeople, \
            and then continues with live orders. Worker and server are the same as in production. Ctrl-C stops \
            everything and deletes the data.
            """
    )

    @Option(
        help: ArgumentHelp(
            "The port of the server (default: \(Settings.defaultText("http-port")), or any free port if it is in use).",
            valueName: "port"
        )
    )
    var httpPort: Int?

    @Option(help: ArgumentHelp("The number of orders in the year up to today, 1 to 20,000.", valueName: "n"))
    var orders = 3_000

    @Option(help: ArgumentHelp("Live orders a second, more than 0 and up to 1,000.", valueName: "n"))
    var rate = 1.0

    func validate() throws {
        guard (1...20_000).contains(orders), rate > 0, rate <= 1_000 else {
            throw ValidationError("--orders takes 1 to 20,000, and --rate more than 0 and up to 1,000.")
        }
    }

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("salestargets-\(getpid())").path
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let redis = try await RedisServerProcess.start(folder: folder)
        let kafka = try MockCluster()
        let demo = try Demo(redis: redis, kafka: kafka, port: httpPort, orders: orders, rate: rate)
        do {
            try await demo.run()
        } catch {
            await redis.stop()
            throw error
        }
        await redis.stop()
    }
}

/// The parts of the demo, connected as in production; only the addresses differ.
private struct Demo: Sendable {
    private let settings: WorkerSettings
    private let company: SampleCompany
    private let today: Day
    private let port: Int
    private let orders: Int
    private let rate: Double
    private let logger: Logger
    private let secret: [UInt8]
    private let tenant = Identifier("default")!

    init(redis: RedisServerProcess, kafka: MockCluster, port: Int?, orders: Int, rate: Double) throws {
        let topics = TopicNames()
        for topic in topics.byName.keys.sorted() { try kafka.createTopic(topic, partitions: 4) }
        try kafka.createTopic(topics.deadLetters, partitions: 1)
        var logger = Logger(label: "demo") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        self.logger = logger
        self.orders = orders
        self.rate = rate
        self.port = port ?? (LocalPort.isFree(8_080) ? 8_080 : 0)
        secret = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
        settings = WorkerSettings(
            log: KafkaBackend(
                KafkaConfiguration(
                    bootstrapServers: kafka.bootstrapServers,
                    // The embedded broker does not answer a waiting fetch when a record arrives.
                    properties: ["fetch.wait.max.ms": "10", "session.timeout.ms": "6000"]
                )
            ),
            group: "sales-targets",
            topics: topics,
            redis: try RedisEndpoint(url: redis.url),
            ledger: LedgerSettings(rules: Rules()),
            events: try EventSettings(defaultTenant: tenant),
            lanes: 1
        )
        today = Day.today(at: Date(), in: .gmt)
        company = SampleCompany(
            tenant: tenant,
            year: today.year,
            people: 12,
            shape: .init(splitShare: 0.3, dates: .upTo(today))
        )
    }

    func run() async throws {
        let producer = try settings.log.producer(for: .bulk)
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await serve(producer))
        } catch {
            outcome = .failure(error)
        }
        try await BlockingThread.run("close") { producer.close(timeoutMilliseconds: 2_000) }
        try outcome.get()
    }

    private func serve(_ producer: any LogProducer) async throws {
        let publisher = Publisher(topics: settings.topics, currency: .euro)
        let client = ServerAssembly.client(settings.redis)
        let eventProducer = EventProducer(settings.log, topics: settings.topics, currency: .euro)
        let worker = LaneGroup(settings, logger: logger)
        let history = orders
        try await BlockingThread.run("history") {
            try publishHistory(of: history, to: producer, publisher)
        }
        let server = ServiceGroup(
            configuration: ServerAssembly.services([try await application(client, eventProducer)], logger: logger)
        )
        try await UntilSignal.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await worker.run() }
                group.addTask { try await server.run() }
                group.addTask { try await publishLive(to: producer, publisher) }
                // When one part ends, with or without an error, the others are stopped too.
                defer { worker.shutDown() }
                try await group.next()
                await server.triggerGracefulShutdown()
                group.cancelAll()
            }
        } onSignal: {
            Terminal.line("\nstopping")
            worker.shutDown()
            await server.triggerGracefulShutdown()
        }
        await eventProducer.close()
        await client.shutdown()
    }

    private func publishHistory(of orders: Int, to producer: any LogProducer, _ publisher: Publisher) throws {
        let batch = producer.batch()
        for event in company.peopleEvents + company.targetEvents(monthly: 6_500_000) {
            try batch.append(publisher.record(for: event))
        }
        var generator = SeededGenerator(seed: 2_026)
        for number in 1...orders {
            try batch.append(
                publisher.record(for: company.order(number, version: Int64(number), using: &generator))
            )
        }
        try batch.wait(timeoutMilliseconds: 30_000)
    }

    /// Publishes new orders of today; about one in five saves an earlier order again.
    private func publishLive(to producer: any LogProducer, _ publisher: Publisher) async throws {
        let live = SampleCompany(
            tenant: tenant,
            year: today.year,
            people: 12,
            shape: .init(splitShare: 0.3, dates: .on(today))
        )
        var generator = SeededGenerator(seed: UInt64(getpid()))
        var number = orders
        var version = Int64(orders)
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(Double.random(in: 0.5...1.5, using: &generator) / rate))
            version += 1
            let again = generator.chance(0.2)
            if !again { number += 1 }
            let order = again ? Int.random(in: 1...number, using: &generator) : number
            _ = try await producer.send(
                publisher.record(for: live.order(order, version: version, using: &generator))
            )
        }
    }

    private func application(_ client: RedisClient, _ producer: EventProducer) async throws -> some ApplicationProtocol
    {
        let seller = company.people[0]
        let tokens = try await DemoTokens(secret: secret, manager: "u-boss", salesperson: seller, tenant: tenant)
        let accounts = try await DemoAccounts(manager: "u-boss", salesperson: seller, tenant: tenant)
        return try ServerAssembly.application(
            ServerSettings(
                httpHost: "127.0.0.1",
                httpPort: port,
                defaultTenant: tenant,
                timeZone: .gmt,
                web: WebSettings(chartLibrary: Settings.words["chart-library"])
            ),
            verifier: try await TokenVerifier(secret: secret, accounts: AccountDirectory(accounts.accounts)),
            ledger: settings.ledger,
            events: settings.events,
            client: client,
            log: settings.log,
            producer: producer,
            topics: settings.topics,
            logger: logger
        ) { port in
            announce(port: port, accounts, tokens)
        }
    }

    private func announce(port: Int, _ accounts: DemoAccounts, _ tokens: DemoTokens) {
        let page = "http://127.0.0.1:\(port)/"
        let address = "\(page)api/v1"
        Terminal.line(
            """

            Sales targets is serving \(company.people.count) salespeople and \(orders) orders of \(today.year), with about \
            \(rate) order(s) a second from now on. Open it in a browser, and sign in:

              \(page)
              as a manager      \(DemoAccounts.manager)  \(accounts.managerPassword)
              as a salesperson  \(DemoAccounts.salesperson)  \(accounts.salespersonPassword)

            Or use the API, with these tokens:

              export MANAGER=\(tokens.manager)
              export SALES=\(tokens.salesperson)
              export INGEST=\(tokens.ingest)

            The target of a team, which rises as orders are saved (wait a few seconds until the year is applied):

              curl -s -H "Authorization: Bearer $MANAGER" \(address)/targets/T-1-Q\((today.month.month + 2) / 3)

            The orders behind it, the year of \(company.people[0].name), and a request that is refused for them:

              curl -s -H "Authorization: Bearer $MANAGER" \(address)/targets/T-1-Q\((today.month.month + 2) / 3)/orders
              curl -s -H "Authorization: Bearer $SALES" "\(address)/widget?year=\(today.year)&measure=revenue"
              curl -s -H "Authorization: Bearer $SALES" "\(address)/widget?salesperson=u-2"

            An order of your own, as a CRM saves it:

              curl -s -H "Authorization: Bearer $INGEST" -H "Content-Type: application/json" \(address)/orders \\
                -d '{"type":"order.saved","id":"MINE","owner":"u-1","total":"1000.00","date":"\(today)"}'

            Ctrl-C stops everything and deletes the data.
            """
        )
    }
}
