internal import Foundation
internal import Synchronization

/// Counts requests, and writes all metrics in Prometheus' text format 0.0.4.
final class Metrics: Sendable {
    private struct Key: Hashable {
        let route: String
        let method: String
        let status: Int
    }

    private struct Histogram {
        var buckets = [Int](repeating: 0, count: Metrics.bounds.count)
        var count = 0
        var sum = 0.0
    }

    private struct State {
        var requests: [Key: Int] = [:]
        var durations: [String: Histogram] = [:]
        var inFlight = 0
    }

    /// The upper bounds of the buckets, in seconds.
    private static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]
    private let state = Mutex(State())
    private let version: String
    private let started: Date

    init(version: String, started: Date) {
        self.version = version
        self.started = started
    }

    func begin() {
        state.withLock { $0.inFlight += 1 }
    }

    /// Records the end of a request after ``begin()``.
    func end(route: String, method: String, status: Int, seconds: Double) {
        state.withLock { state in
            state.inFlight -= 1
            state.requests[Key(route: route, method: method, status: status), default: 0] += 1
            var histogram = state.durations[route] ?? Histogram()
            histogram.count += 1
            histogram.sum += seconds
            for (index, bound) in Self.bounds.enumerated() where seconds <= bound { histogram.buckets[index] += 1 }
            state.durations[route] = histogram
        }
    }

    func text(_ freshness: FreshnessState, feed: (streams: Int, isListening: Bool)) -> String {
        let state = self.state.withLock { $0 }
        var text = MetricsText()
        text.family("salestargets_http_requests_total", .counter, "Requests answered.")
        let requests = state.requests.sorted {
            ($0.key.route, $0.key.method, $0.key.status) < ($1.key.route, $1.key.method, $1.key.status)
        }
        for (key, count) in requests {
            text.sample("", ["route": key.route, "method": key.method, "status": "\(key.status)"], count)
        }
        text.family("salestargets_http_request_duration_seconds", .histogram, "Time from a request to its answer.")
        for (route, histogram) in state.durations.sorted(by: { $0.key < $1.key }) {
            for (bound, count) in zip(Self.bounds, histogram.buckets) {
                text.sample("_bucket", ["route": route, "le": "\(bound)"], count)
            }
            text.sample("_bucket", ["route": route, "le": "+Inf"], histogram.count)
            text.sample("_sum", ["route": route], histogram.sum)
            text.sample("_count", ["route": route], histogram.count)
        }
        text.gauge("salestargets_http_requests_in_flight", "Requests being answered.", state.inFlight)
        text.gauge("salestargets_streams", "Open live feeds.", feed.streams)
        text.gauge("salestargets_feed_up", "Whether the live feed is subscribed to changes.", feed.isListening ? 1 : 0)
        freshness.write(to: &text)
        text.family("salestargets_build_info", .gauge, "The program's version.")
        text.sample("", ["version": version], 1)
        text.gauge(
            "process_start_time_seconds",
            "When the server started, in seconds since 1970.",
            started.timeIntervalSince1970
        )
        if let memory = Self.residentMemory {
            text.gauge("process_resident_memory_bytes", "Memory in use.", memory)
        }
        return text.text
    }

    private static var residentMemory: Int? {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
            let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return nil }
        return pages * Int(getpagesize())
    }
}
