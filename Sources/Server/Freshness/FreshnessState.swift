internal import Foundation
internal import Ledger
internal import Log

/// How old the results are, and why they are not up to date. A value without I/O and without a clock: it is updated
/// with one observation after another.
struct FreshnessState: Sendable {
    /// The results are behind when a record waits for longer than this, in seconds.
    static let behindThreshold: TimeInterval = 5
    /// Results are at a standstill when records wait and none was applied for this long, in seconds. Longer than it takes
    /// Kafka to give the partitions of a killed worker to another one.
    static let standstillThreshold: TimeInterval = 60
    /// The most pending observations that are kept.
    static let observationLimit = 60

    /// From the least to the most serious.
    enum Kind: String, Sendable, CaseIterable {
        /// No record waits for longer than ``behindThreshold``.
        case fresh
        /// Records wait to be applied.
        case behind
        /// Kafka does not answer, so it is not known whether records wait.
        case kafkaAway = "kafka-away"
        /// Some or all records are not applied until an operator repairs something: a partition is stopped, or this Redis
        /// may not hold the numbers or refuses postings.
        case stopped
        /// Redis does not answer, so nothing can be read.
        case redisAway = "redis-away"
    }

    /// What Kafka and Redis answered at one time.
    struct Observation: Sendable {
        /// When the query to Kafka began. The watermarks are at least as new.
        let date: Date
        /// Where the partitions begin and end.
        let log: Result<[TopicPartition: Watermarks], Fault>
        let ledger: Result<LedgerHealth, LedgerFault>
        /// How far the first reading of all targets is; nil once they were read.
        var loading: CatalogLoading?
    }

    struct Fault: Error, Hashable {
        /// For operators: what is wrong, and what to do.
        let sentence: String
    }

    enum LedgerFault: Error, Hashable {
        /// Redis does not answer.
        case unavailable(Fault)
        /// Redis answers, but its numbers cannot be used.
        case unfit(Fault)
    }

    /// All records from before this time are applied; nil when no such time is known.
    private(set) var asOf: Date?
    /// The number of records that wait, when it was last known.
    private(set) var lag: Int64?
    private(set) var stopped: [StoppedPartition] = []
    private var refusals: [String] = []
    private var loading: CatalogLoading?
    /// When a record was applied, or none waited, for the last time.
    private var progress: Date?
    private var isAtStandstill = false
    private var kafkaFault: Fault?
    private var redisFault: LedgerFault?
    private var isBehind = false
    /// Observations whose records are not all applied yet, the oldest first.
    private(set) var pending: [(date: Date, bounds: [TopicPartition: Watermarks])] = []
    /// The least number of seconds between two of them.
    private var spacing: TimeInterval = 0
    private var bounds: [TopicPartition: Watermarks] = [:]
    private var applied: [TopicPartition: Int64] = [:]

    var isKafkaUp: Bool { kafkaFault == nil }
    var isRedisUp: Bool { if case .unavailable = redisFault { false } else { true } }
    var isRedisFit: Bool { redisFault == nil }
    var isReady: Bool { problems.isEmpty }

    var kind: Kind {
        if !isRedisUp { return .redisAway }
        if !stopped.isEmpty || !isRedisFit || !refusals.isEmpty { return .stopped }
        if !isKafkaUp { return .kafkaAway }
        return isBehind ? .behind : .fresh
    }

    /// One sentence for each problem that an operator must solve.
    var problems: [String] {
        var problems: [String] = []
        if let kafkaFault { problems.append(kafkaFault.sentence) }
        switch redisFault {
        case .unavailable(let fault), .unfit(let fault): problems.append(fault.sentence)
        case nil: break
        }
        problems += refusals
        if let loading, isRedisFit {
            problems.append(
                "The targets are being loaded: \(loading.read) of \(loading.count). Until then requests may take long, or get "
                    + "503."
            )
        }
        if isAtStandstill {
            problems.append(
                "\(lag ?? 0) records wait, and none was applied for more than a minute: check that a worker runs "
                    + "(`salestargets status`), and what its log says"
            )
        }
        return problems + stopped.map(\.description)
    }

    /// The partitions whose cursors the next refresh reads when Kafka does not answer.
    var partitions: [TopicPartition] { Array(bounds.keys) }

    /// Updates the state with an observation.
    mutating func apply(_ observation: Observation) {
        switch observation.log {
        case .success(let bounds):
            kafkaFault = nil
            self.bounds = bounds
            addPending(observation.date, bounds)
        case .failure(let fault): kafkaFault = fault
        }
        loading = observation.loading
        switch observation.ledger {
        case .success(let health):
            redisFault = nil
            stopped = health.stopped
            refusals = health.refusals
            let before = applied
            applyCursors(health.cursors.mapValues(\.next))
            if lag == 0 || applied != before || progress == nil { progress = observation.date }
        case .failure(let fault):
            redisFault = fault
            // Without an answer nothing is known about progress.
            progress = nil
        }
        isAtStandstill =
            stopped.isEmpty
            && progress.map { observation.date.timeIntervalSince($0) > Self.standstillThreshold } ?? false
        let oldest = pending.first
        isBehind = oldest.map { observation.date.timeIntervalSince($0.date) > Self.behindThreshold } ?? false
    }

    /// Adds a pending observation. When there are too many, every second one is removed, and the time between them
    /// doubles. The oldest gives the age of the waiting records, and the newest is always kept.
    private mutating func addPending(_ date: Date, _ bounds: [TopicPartition: Watermarks]) {
        if pending.count > 1, date.timeIntervalSince(pending[pending.count - 2].date) < spacing { pending.removeLast() }
        pending.append((date, bounds))
        guard pending.count > Self.observationLimit else { return }
        pending = pending.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
        spacing = max(spacing * 2, 2)
    }

    private mutating func applyCursors(_ cursors: [TopicPartition: Int64]) {
        // A cursor moved back: Redis lost data, and the age of the rest is unknown.
        if applied.contains(where: { partition, next in next > cursors[partition] ?? 0 && bounds[partition] != nil }) {
            asOf = nil
        }
        applied = cursors
        func missing(_ bounds: [TopicPartition: Watermarks]) -> Int64 {
            bounds.reduce(0) { $0 + max(0, $1.value.high - (cursors[$1.key] ?? $1.value.low)) }
        }
        if let newest = pending.lastIndex(where: { missing($0.bounds) == 0 }) {
            asOf = pending[newest].date
            pending.removeFirst(newest + 1)
            if pending.isEmpty { spacing = 0 }
        }
        lag = missing(bounds)
    }
}
