internal import Concurrency
internal import Foundation
internal import Ledger
internal import Log
internal import Logging
internal import Redis
internal import ServiceLifecycle

/// Measures every second how far the results are behind the log. There is one for each server; it runs beside the HTTP
/// server, and ends it when the brokers refuse this server from its start.
actor FreshnessMonitor: Service {
    /// The pause between two refreshes.
    static let interval = Duration.seconds(1)
    /// How long a refresh waits for Kafka.
    static let kafkaTimeout = Duration.seconds(2)
    /// How long a refresh waits for Redis: a little longer than a request does, so that both fail with the same error.
    static let redisTimeout = Duration.seconds(3)
    /// How long a refresh waits until the targets are read. It takes longer only where there are very many.
    static let catalogTimeout = Duration.milliseconds(500)

    private let reader: LedgerReader
    private let dependencies: ServerDependencies
    private let publish: @Sendable (FreshnessState) -> Void
    private let logger: Logger
    private var state = FreshnessState()
    private var refreshTask: Task<Void, Never>?
    private var refreshedAt: ContinuousClock.Instant?
    /// The query that Kafka has not answered yet. There is never more than one.
    private var kafkaQuery: (since: Date, task: Task<[TopicPartition: Watermarks], any Error>)?
    /// Whether the brokers have answered since the start.
    private var hasReadLog = false
    /// Since when the brokers, which have never answered, refuse this server, and why.
    private var refusal: (since: ContinuousClock.Instant, error: LogError)?
    /// How long a server that was never answered lasts: a broker that starts may not know its users yet.
    private static let refusalLimit = Duration.seconds(10)
    /// The reading of targets that is not done yet. There is never more than one.
    private var catalogRead: Task<LedgerError?, Never>?

    /// - Parameter publish: called after each refresh.
    init(
        _ dependencies: ServerDependencies,
        logger: Logger,
        publish: @escaping @Sendable (FreshnessState) -> Void
    ) {
        reader = dependencies.reader
        self.dependencies = dependencies
        self.logger = logger
        self.publish = publish
    }

    /// - Throws: why the brokers refuse this server, if they have never answered and a person must mend it. Later it is a
    ///   problem of `/readyz`: what Redis has is still served.
    nonisolated func run() async throws {
        await cancelWhenGracefulShutdown {
            repeat {
                await self.refresh()
                if await self.lastingRefusal != nil { return }
            } while (try? await Task.sleep(for: Self.interval)) != nil
        }
        await cancel()
        if let refusal = await lastingRefusal { throw refusal }
    }

    private var lastingRefusal: LogError? {
        refusal.flatMap { ContinuousClock.now - $0.since >= Self.refusalLimit ? $0.error : nil }
    }

    /// The state at the last refresh. Waits for a refresh only when there was none yet, or none is recent.
    func latest() async -> FreshnessState {
        let isRecent = refreshedAt.map { $0.duration(to: .now) < Self.interval * 2 } ?? false
        if refreshedAt == nil || (refreshTask == nil && !isRecent) { await refresh() }
        return state
    }

    /// Calls during a refresh share it.
    private func refresh() async {
        let task = refreshTask ?? Task { await self.performRefresh() }
        refreshTask = task
        await task.value
    }

    private func cancel() {
        refreshTask?.cancel()
        kafkaQuery?.task.cancel()
        catalogRead?.cancel()
    }

    private func performRefresh() async {
        let (date, log) = await queryKafka()
        var ledger = await queryRedis(log)
        if case .success = ledger, let error = await readCatalog() { ledger = .failure(LedgerFailure(error)) }
        let before = state
        state.apply(
            FreshnessState.Observation(
                date: date,
                log: log.mapError(\.fault),
                ledger: ledger.mapError(\.fault),
                loading: await reader.catalogLoading
            )
        )
        report(before, errors: [log.error, ledger.error].compactMap(\.self))
        publish(state)
        refreshedAt = .now
        refreshTask = nil
    }

    private func queryKafka() async -> (Date, Result<[TopicPartition: Watermarks], LogFailure>) {
        let query =
            kafkaQuery
            ?? (since: dependencies.now(), task: Task { [dependencies] in try await dependencies.watermarks() })
        kafkaQuery = query
        guard let answer = await withTimeLimit(Self.kafkaTimeout, { await query.task.result }) else {
            return (query.since, .failure(LogFailure(error: "no answer in \(Self.kafkaTimeout)", remedy: nil)))
        }
        kafkaQuery = nil
        switch answer {
        case .success: (hasReadLog, refusal) = (true, nil)
        case .failure(let error as LogError) where error.needsPerson && !hasReadLog:
            refusal = (refusal?.since ?? .now, error)
        case .failure: break
        }
        return (query.since, answer.mapError { LogFailure($0) })
    }

    private func queryRedis(
        _ log: Result<[TopicPartition: Watermarks], LogFailure>
    ) async -> Result<LedgerHealth, LedgerFailure> {
        let partitions = (try? log.get()).map { Array($0.keys) } ?? state.partitions
        let (reader, topics) = (self.reader, dependencies.catalogTopics)
        let health = await withTimeLimit(Self.redisTimeout) { () async -> Result<LedgerHealth, LedgerError> in
            do throws(LedgerError) {
                return .success(try await reader.health(of: partitions, catalogTopics: topics))
            } catch {
                return .failure(error)
            }
        }
        guard let health else {
            return .failure(LedgerFailure(error: "no answer in \(Self.redisTimeout)", fault: .unavailable(.redisAway)))
        }
        return health.mapError { LedgerFailure($0) }
    }

    /// Keeps the targets in memory up to date, so that requests need not. At the start, and where Redis holds another view,
    /// it reads all of them.
    private func readCatalog() async -> LedgerError? {
        let read =
            catalogRead
            ?? Task { [reader] in
                do throws(LedgerError) {
                    try await reader.loadCatalog()
                    return nil
                } catch {
                    return error
                }
            }
        catalogRead = read
        guard let error = await withTimeLimit(Self.catalogTimeout, { await read.value }) else { return nil }
        catalogRead = nil
        return error
    }

    /// Logs the problems when they change. The log has the errors too, which clients do not see.
    private func report(_ before: FreshnessState, errors: [String]) {
        let problems = state.problems
        if problems == before.problems { return }
        if problems.isEmpty {
            logger.notice("ready again")
        } else {
            logger.warning(
                "not ready",
                metadata: [
                    "problems": .array(problems.map { .string($0) }), "errors": .array(errors.map { .string($0) }),
                ]
            )
        }
    }
}

/// The log cannot be read. `/readyz` shows the sentence of the fault, which has no addresses; the server's log has the
/// error.
private struct LogFailure: Error {
    let error: String
    /// What a person must do; nil if it may pass by itself.
    let remedy: String?

    init(error: String, remedy: String?) {
        self.error = error
        self.remedy = remedy
    }

    init(_ error: any Error) {
        let refusal = (error as? LogError).flatMap { $0.needsPerson ? $0 : nil }
        self.init(error: "\(error)", remedy: refusal.map { "\($0.name): \($0.remedy ?? "see the server's log")" })
    }

    var fault: FreshnessState.Fault {
        if let remedy {
            return .init(sentence: "The Kafka brokers refuse this server (\(remedy)). Its log has the whole error.")
        }
        return .init(
            sentence: "The server cannot read the log in Kafka. Check that the brokers run, that "
                + "--kafka-bootstrap-servers names them, and that the topics exist (`salestargets topics create`). The "
                + "server retries every second; its log has the error."
        )
    }
}

private struct LedgerFailure: Error {
    let error: String
    let fault: FreshnessState.LedgerFault

    init(error: String, fault: FreshnessState.LedgerFault) {
        self.error = error
        self.fault = fault
    }

    init(_ error: LedgerError) {
        self.error = "\(error)"
        switch error {
        case .redis(let error) where error.needsPerson:
            fault = .unavailable(.init(sentence: "Redis refuses this server, or cannot be trusted: \(error.advice)."))
        default:
            fault =
                error.isTemporary
                ? .unavailable(.redisAway) : .unfit(.init(sentence: "The numbers in Redis cannot be used: \(error)"))
        }
    }
}

extension FreshnessState.Fault {
    fileprivate static let redisAway = FreshnessState.Fault(
        sentence:
            "Redis is unavailable. Check that it runs, that it has loaded its data, and that --redis-url names it. The "
            + "server retries every second; its log has the error."
    )
}

extension Result where Failure == LogFailure {
    fileprivate var error: String? { if case .failure(let failure) = self { failure.error } else { nil } }
}

extension Result where Failure == LedgerFailure {
    fileprivate var error: String? { if case .failure(let failure) = self { failure.error } else { nil } }
}
