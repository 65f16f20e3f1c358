internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Synchronization

/// Counts requests, and shows them as Prometheus reads them (text format 0.0.4).
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
    }

    /// Seconds.
    private static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]
    private let state = Mutex(State())
    private let started = Date()

    func note(route: String, method: String, status: Int, seconds: Double) {
        state.withLock { state in
            state.requests[Key(route: route, method: method, status: status), default: 0] += 1
            var histogram = state.durations[route] ?? Histogram()
            histogram.count += 1
            histogram.sum += seconds
            for (index, bound) in Self.bounds.enumerated() where seconds <= bound { histogram.buckets[index] += 1 }
            state.durations[route] = histogram
        }
    }

    func text(isKafkaUp: Bool, isRedisUp: Bool) -> String {
        let state = self.state.withLock { $0 }
        var lines: [String] = []
        func family(_ name: String, _ type: String, _ help: String) {
            lines += ["# HELP \(name) \(help)", "# TYPE \(name) \(type)"]
        }
        family("salestargets_http_requests_total", "counter", "Requests answered.")
        for (key, count) in state.requests.sorted(by: { ($0.key.route, $0.key.status) < ($1.key.route, $1.key.status) })
        {
            lines.append(
                "salestargets_http_requests_total{route=\"\(key.route)\",method=\"\(key.method)\",status=\"\(key.status)\"} \(count)"
            )
        }
        family("salestargets_http_request_duration_seconds", "histogram", "Time from a request to its answer.")
        for (route, histogram) in state.durations.sorted(by: { $0.key < $1.key }) {
            let name = "salestargets_http_request_duration_seconds"
            for (bound, count) in zip(Self.bounds, histogram.buckets) {
                lines.append("\(name)_bucket{route=\"\(route)\",le=\"\(bound)\"} \(count)")
            }
            lines.append("\(name)_bucket{route=\"\(route)\",le=\"+Inf\"} \(histogram.count)")
            lines.append("\(name)_sum{route=\"\(route)\"} \(histogram.sum)")
            lines.append("\(name)_count{route=\"\(route)\"} \(histogram.count)")
        }
        family("salestargets_kafka_up", "gauge", "Whether Kafka answers.")
        lines.append("salestargets_kafka_up \(isKafkaUp ? 1 : 0)")
        family("salestargets_redis_up", "gauge", "Whether Redis answers.")
        lines.append("salestargets_redis_up \(isRedisUp ? 1 : 0)")
        family("process_start_time_seconds", "gauge", "When the process started, in seconds since 1970.")
        lines.append("process_start_time_seconds \(started.timeIntervalSince1970)")
        if let memory = Self.residentMemory {
            family("process_resident_memory_bytes", "gauge", "Memory in use.")
            lines.append("process_resident_memory_bytes \(memory)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static var residentMemory: Int? {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
            let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return nil }
        return pages * Int(getpagesize())
    }
}

/// Counts every request under the route that it matched, never under its raw path.
struct RequestMetrics: RouterMiddleware {
    let metrics: Metrics

    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let response = try await next(request, context)
        metrics.note(
            route: context.endpointPath ?? "none",
            method: request.method.rawValue,
            status: response.status.code,
            seconds: start.duration(to: .now) / .seconds(1)
        )
        return response
    }
}
