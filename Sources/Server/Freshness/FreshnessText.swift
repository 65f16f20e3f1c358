internal import Events
internal import Foundation

extension FreshnessState {
    /// Writes what all viewers may see.
    func write(to json: inout JSONWriter) {
        json.member("state", kind.rawValue)
        json.member("behind", kind != .fresh)
        writeProgress(to: &json)
    }

    /// Writes the lag and the date, each only when it is known.
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
