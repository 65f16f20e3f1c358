internal import Events
internal import Foundation
internal import NIOCore

extension FreshnessState {
    /// What viewers are told: nothing in it is for operators only.
    func write(to json: inout JSONWriter) {
        json.member("state", kind.rawValue)
        json.member("behind", kind != .fresh)
        writeProgress(to: &json)
    }

    /// Since when, and how much; left out as long as it is not known.
    func writeProgress(to json: inout JSONWriter) {
        if let lag { json.member("lag", lag) }
        if let asOf { json.member("asOf", asOf.formatted(.iso8601)) }
    }
}

extension FreshnessState {
    func write(to text: inout MetricsText) {
        text.gauge("salestargets_kafka_up", "Whether Kafka answers.", isKafkaUp ? 1 : 0)
        text.gauge("salestargets_redis_up", "Whether Redis answers.", isRedisUp ? 1 : 0)
        text.gauge("salestargets_redis_fit", "Whether Redis answers and may hold the numbers.", isRedisFit ? 1 : 0)
        text.gauge("salestargets_partitions_stopped", "Partitions that a worker has stopped.", stopped.count)
        if let lag { text.gauge("salestargets_log_lag_records", "Records that wait to be applied.", lag) }
        text.gauge(
            "salestargets_results_as_of_seconds",
            "Up to when results are complete, in seconds since 1970; 0 as long as that is not known.",
            asOf?.timeIntervalSince1970 ?? 0
        )
    }
}

/// When viewers are told: at each change, but not more often than once in some seconds; and while the results are fresh,
/// not of every second that they stay so.
struct FreshnessNews {
    static let pause = Duration.seconds(3)

    private var told: (state: FreshnessState.Kind, text: [UInt8], at: ContinuousClock.Instant)?

    /// What to tell now.
    /// - Returns: the event for those who come from now on, and whether those who are there need it too; nil where
    ///   nothing is to be told yet. Nobody may get what is not told to all: they would not be told when it is over.
    mutating func event(
        for state: FreshnessState,
        at now: ContinuousClock.Instant
    ) -> (event: ByteBuffer, isNews: Bool)? {
        let text = JSONWriter.object { state.write(to: &$0) }
        if let told {
            if told.state == .fresh, state.kind == .fresh { return (FeedText.notice("freshness", text), false) }
            if told.text == text || told.at.duration(to: now) < Self.pause { return nil }
        }
        told = (state.kind, text, now)
        return (FeedText.notice("freshness", text), true)
    }
}
