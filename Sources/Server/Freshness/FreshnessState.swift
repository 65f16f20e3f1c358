internal import Foundation
internal import Ledger
internal import Log

/// How old the results are, and what keeps them from being new. A value without I/O and without a clock: it is told what
/// was found, look by look.
struct FreshnessState: Sendable {
    /// A record that waits for less than this, in seconds, is on its way: that is no reason to say anything.
    static let patience: TimeInterval = 5
    /// The most looks that are remembered because their ends are not applied yet.
    static let lookLimit = 60

    /// In the order in which they matter.
    enum Kind: String, Sendable, CaseIterable {
        /// Nothing waits that was not saved just now.
        case fresh
        /// Records wait to be applied.
        case behind
        /// It is not known whether records wait.
        case kafkaAway = "kafka-away"
        /// What waits in a partition is not applied before somebody has looked at it.
        case stopped
        /// Nothing can be read.
        case redisAway = "redis-away"
    }

    /// What one look found.
    struct Finding: Sendable {
        /// When it began; the log is at least as new as this.
        let date: Date
        /// A failure has a sentence for operators.
        let log: Result<[TopicPartition: Watermarks], Fault>
        let ledger: Result<LedgerHealth, LedgerFault>
    }

    struct Fault: Error, Hashable {
        /// What is wrong and what to do about it.
        let sentence: String
    }

    enum LedgerFault: Error, Hashable {
        /// Redis does not answer.
        case away(Fault)
        /// It answers, and may not hold the numbers.
        case unfit(Fault)
    }

    /// The last moment of which everything is known to be applied; nil when that is not known.
    private(set) var asOf: Date?
    /// Records that waited when that was last known.
    private(set) var lag: Int64?
    private(set) var stopped: [StoppedPartition] = []
    private var logFault: Fault?
    private var ledgerFault: LedgerFault?
    private var isBehind = false
    /// Looks whose ends are not applied yet, the oldest first.
    private(set) var waiting: [(date: Date, bounds: [TopicPartition: Watermarks])] = []
    /// Seconds from one of them to the next, at least.
    private var spacing: TimeInterval = 0
    private var bounds: [TopicPartition: Watermarks] = [:]
    private var applied: [TopicPartition: Int64] = [:]

    var isKafkaUp: Bool { logFault == nil }
    var isRedisUp: Bool { if case .away = ledgerFault { false } else { true } }
    var isRedisFit: Bool { ledgerFault == nil }
    var isReady: Bool { isKafkaUp && isRedisFit && stopped.isEmpty }

    var kind: Kind {
        if !isRedisUp { return .redisAway }
        if !stopped.isEmpty { return .stopped }
        if !isKafkaUp { return .kafkaAway }
        return isBehind ? .behind : .fresh
    }

    /// What somebody has to do something about, a sentence each.
    var problems: [String] {
        var problems: [String] = []
        if let logFault { problems.append(logFault.sentence) }
        switch ledgerFault {
        case .away(let fault), .unfit(let fault): problems.append(fault.sentence)
        case nil: break
        }
        return problems + stopped.map(\.description)
    }

    /// Those whose cursors are wanted at the next look.
    var partitions: [TopicPartition] { Array(bounds.keys) }

    /// Takes in what a look found.
    mutating func take(_ finding: Finding) {
        switch finding.log {
        case .success(let bounds):
            logFault = nil
            self.bounds = bounds
            remember(finding.date, bounds)
        case .failure(let fault): logFault = fault
        }
        switch finding.ledger {
        case .success(let health):
            ledgerFault = nil
            stopped = health.stopped
            apply(health.cursors.mapValues(\.next))
        case .failure(let fault): ledgerFault = fault
        }
        isBehind = waiting.first.map { finding.date.timeIntervalSince($0.date) > Self.patience } ?? false
    }

    /// The longer records wait, the wider apart are the looks that are remembered: the oldest says since when they wait,
    /// those between how far catching up is, and the newest is always the last one.
    private mutating func remember(_ date: Date, _ bounds: [TopicPartition: Watermarks]) {
        if waiting.count > 1, date.timeIntervalSince(waiting[waiting.count - 2].date) < spacing { waiting.removeLast() }
        waiting.append((date, bounds))
        guard waiting.count > Self.lookLimit else { return }
        waiting = waiting.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
        spacing = max(spacing * 2, 2)
    }

    private mutating func apply(_ cursors: [TopicPartition: Int64]) {
        // Redis has lost what it had: how old the rest is, nobody knows.
        if applied.contains(where: { partition, next in next > cursors[partition] ?? 0 && bounds[partition] != nil }) {
            asOf = nil
        }
        applied = cursors
        func missing(_ bounds: [TopicPartition: Watermarks]) -> Int64 {
            bounds.reduce(0) { $0 + max(0, $1.value.high - (cursors[$1.key] ?? $1.value.low)) }
        }
        if let newest = waiting.lastIndex(where: { missing($0.bounds) == 0 }) {
            asOf = waiting[newest].date
            waiting.removeFirst(newest + 1)
            if waiting.isEmpty { spacing = 0 }
        }
        lag = missing(bounds)
    }
}
