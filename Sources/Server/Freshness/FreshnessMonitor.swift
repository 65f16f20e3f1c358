internal import Concurrency
internal import Foundation
internal import Ledger
internal import Log
internal import Logging
internal import ServiceLifecycle

/// Looks again and again how far the results are behind the log, for all who want to know. One for each server; it runs
/// beside the HTTP server.
actor Freshness: Service {
    /// Between the end of a look and the next one.
    static let pause = Duration.seconds(1)
    /// How long Kafka is waited for in a look.
    static let kafkaLimit = Duration.seconds(2)
    /// How long Redis is: a little longer than a request waits for it, so that a look fails as a request does.
    static let redisLimit = Duration.seconds(3)

    private let reader: LedgerReader
    private let dependencies: ServerDependencies
    private let tell: @Sendable (FreshnessState) -> Void
    private let logger: Logger
    private var state = FreshnessState()
    private var look: Task<Void, Never>?
    private var lookedAt: ContinuousClock.Instant?
    /// Kafka was asked and has not answered yet; it is not asked again before.
    private var asking: (since: Date, answer: Task<[TopicPartition: Watermarks], any Error>)?

    /// - Parameter tell: called after each look.
    init(
        _ dependencies: ServerDependencies,
        logger: Logger,
        tell: @escaping @Sendable (FreshnessState) -> Void
    ) {
        reader = dependencies.reader
        self.dependencies = dependencies
        self.logger = logger
        self.tell = tell
    }

    nonisolated func run() async {
        await cancelWhenGracefulShutdown {
            repeat { await self.lookOnce() } while (try? await Task.sleep(for: Self.pause)) != nil
        }
        await end()
    }

    /// How it was a moment ago. Only who asks before the first look has ended has to wait for it.
    func latest() async -> FreshnessState {
        let isRecent = lookedAt.map { $0.duration(to: .now) < Self.pause * 2 } ?? false
        if lookedAt == nil || (look == nil && !isRecent) { await lookOnce() }
        return state
    }

    /// Whoever comes while a look is under way shares it.
    private func lookOnce() async {
        let look = self.look ?? Task { await self.findOut() }
        self.look = look
        await look.value
    }

    private func end() {
        look?.cancel()
        asking?.answer.cancel()
    }

    private func findOut() async {
        let (date, log) = await askKafka()
        let ledger = await askRedis(log)
        let before = state
        state.take(FreshnessState.Finding(date: date, log: log.mapError(\.fault), ledger: ledger.mapError(\.fault)))
        report(before, errors: [log.error, ledger.error].compactMap(\.self))
        tell(state)
        lookedAt = .now
        look = nil
    }

    private func askKafka() async -> (Date, Result<[TopicPartition: Watermarks], LogFailure>) {
        let asking =
            self.asking
            ?? (since: dependencies.now(), answer: Task { [dependencies] in try await dependencies.watermarks() })
        self.asking = asking
        guard let answer = await withTimeLimit(Self.kafkaLimit, { await asking.answer.result }) else {
            return (asking.since, .failure(LogFailure(error: "no answer in \(Self.kafkaLimit)")))
        }
        self.asking = nil
        return (asking.since, answer.mapError { LogFailure(error: "\($0)") })
    }

    private func askRedis(
        _ log: Result<[TopicPartition: Watermarks], LogFailure>
    ) async -> Result<LedgerHealth, LedgerFailure> {
        let partitions = (try? log.get()).map { Array($0.keys) } ?? state.partitions
        let (reader, topics) = (self.reader, dependencies.catalogTopics)
        let health = await withTimeLimit(Self.redisLimit) { () async -> Result<LedgerHealth, LedgerError> in
            do throws(LedgerError) {
                return .success(try await reader.health(of: partitions, catalogTopics: topics))
            } catch {
                return .failure(error)
            }
        }
        guard let health else { return .failure(LedgerFailure(error: "no answer in \(Self.redisLimit)", isAway: true)) }
        return health.mapError { LedgerFailure(error: "\($0)", isAway: $0.isTemporary) }
    }

    /// What changes is said once, with more than everybody may read.
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

/// The log cannot be read. Who looks after the server gets a sentence without addresses, and finds the rest in its log.
private struct LogFailure: Error {
    let error: String

    var fault: FreshnessState.Fault {
        .init(
            sentence:
                "The log in Kafka cannot be read: look whether the brokers run, --kafka-bootstrap-servers names them, "
                + "and the topics are there (`salestargets topics create`). It is tried again by itself; the server's log "
                + "has the error."
        )
    }
}

private struct LedgerFailure: Error {
    let error: String
    let isAway: Bool

    var fault: FreshnessState.LedgerFault {
        if !isAway { return .unfit(.init(sentence: "The numbers in Redis cannot be used: \(error)")) }
        return .away(
            .init(
                sentence: "Redis does not answer as it should: look whether it runs, has loaded its data, and is where "
                    + "--redis-url says. It is tried again by itself; the server's log has the error."
            )
        )
    }
}

extension Result where Failure == LogFailure {
    fileprivate var error: String? { if case .failure(let failure) = self { failure.error } else { nil } }
}

extension Result where Failure == LedgerFailure {
    fileprivate var error: String? { if case .failure(let failure) = self { failure.error } else { nil } }
}
