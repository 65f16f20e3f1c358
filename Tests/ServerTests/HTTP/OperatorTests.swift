import Foundation
import HTTPTypes
import HummingbirdTesting
import LocalServers
import Redis
import Synchronization
import Testing

@Suite("Health, readiness and metrics", .timeLimit(.minutes(1)))
struct OperatorTests {
    @Test("The server is ready only while Kafka and Redis answer", arguments: [true, false], [true, false])
    func readiness(isKafkaUp: Bool, isRedisUp: Bool) async throws {
        try await withFixture([]) { fixture in
            if !isRedisUp { await fixture.redis.stop() }
            let watermarks: ServerFixture.ReadWatermarks = { if isKafkaUp { [:] } else { throw Unreachable() } }
            try await fixture.application(watermarks: watermarks).test(.router) { client in
                let server = APIClient(client: client)
                let health = try await server.get("/healthz", token: nil)
                #expect((health.status, health.text) == (200, "ok\n"))
                let ready = try await server.get("/readyz", token: nil)
                #expect(ready.status == (isKafkaUp && isRedisUp ? 200 : 503))
                let report = try ready.json()
                #expect(report["kafka"] as? Bool == isKafkaUp && report["redis"] as? Bool == isRedisUp)
                let problems = try #require(report["problems"] as? [String])
                #expect(problems.count == (isKafkaUp ? 0 : 1) + (isRedisUp ? 0 : 1))
                #expect(!ready.text.contains("a secret address"))
                let metrics = try await server.get("/metrics", token: nil).text
                #expect(metrics.contains("\nsalestargets_kafka_up \(isKafkaUp ? 1 : 0)\n"))
                #expect(metrics.contains("\nsalestargets_redis_up \(isRedisUp ? 1 : 0)\n"))
                #expect(metrics.contains("\nsalestargets_redis_fit \(isRedisUp ? 1 : 0)\n"))
            }
        }
    }

    private struct Unreachable: Error, CustomStringConvertible {
        let description = "a secret address does not answer"
    }

    @Test("The readiness check waits at most two seconds for Kafka")
    func hangingKafka() async throws {
        try await withFixture([]) { fixture in
            let hang: ServerFixture.ReadWatermarks = {
                await withUnsafeContinuation { continuation in
                    Thread.detachNewThread {
                        sleep(8)
                        continuation.resume(returning: [:])
                    }
                }
            }
            try await fixture.application(watermarks: hang).test(.router) { client in
                let start = ContinuousClock.now
                let answer = try await APIClient(client: client).get("/readyz", token: nil)
                #expect(answer.status == 503)
                #expect(start.duration(to: .now) < .seconds(5))
            }
        }
    }

    @Test("Concurrent requests share one check of Kafka")
    func sharedChecks() async throws {
        try await withFixture([]) { fixture in
            let checks = Mutex((now: 0, atMost: 0))
            let watermarks: ServerFixture.ReadWatermarks = {
                checks.withLock { $0 = ($0.now + 1, max($0.atMost, $0.now + 1)) }
                defer { checks.withLock { $0.now -= 1 } }
                try? await Task.sleep(for: .milliseconds(100))
                return [:]
            }
            try await fixture.application(watermarks: watermarks).test(.router) { client in
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for path in Array(repeating: ["/readyz", "/metrics"], count: 20).flatMap(\.self) {
                        group.addTask { try await APIClient(client: client).get(path, token: nil).status }
                    }
                    for try await status in group { #expect(status == 200) }
                }
            }
            #expect(checks.withLock { $0.atMost } == 1)
        }
    }

    @Test("The metrics are valid Prometheus text, and count requests by route")
    func metrics() async throws {
        try await withServer(RoleTests.events) { server in
            for target in ["T-17", "T-18"] { #expect(try await server.get("targets/\(target)").status == 200) }
            _ = try await server.get("targets/T-17", token: nil)
            _ = try await server.get("/what/T-17", token: nil)
            let invented = try #require(HTTPRequest.Method(rawValue: "INVENTED"))
            _ = try await server.get("targets/T-17", token: nil, method: invented)
            let answer = try await server.get("/metrics", token: nil)
            #expect(answer.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
            let samples = try PrometheusText(answer.text).samples
            func requests(_ labels: String) -> Double? { samples["salestargets_http_requests_total{\(labels)}"] }
            #expect(requests(#"route="/api/v1/targets/{id}",method="GET",status="200""#) == 2)
            #expect(requests(#"route="/api/v1/targets/{id}",method="GET",status="401""#) == 1)
            #expect(requests(#"route="NotFound",method="GET",status="404""#) == 1)
            #expect(requests(#"route="NotFound",method="other",status="404""#) == 1)
            #expect(!answer.text.contains("T-17") && !answer.text.contains("INVENTED"))

            let duration = "salestargets_http_request_duration_seconds"
            let buckets = samples.filter { $0.key.hasPrefix(#"\#(duration)_bucket{route="/api/v1/targets/{id}","#) }
            #expect(buckets.count == 12)
            #expect(samples[#"\#(duration)_bucket{route="/api/v1/targets/{id}",le="+Inf"}"#] == 3)
            #expect(samples[#"\#(duration)_count{route="/api/v1/targets/{id}"}"#] == 3)
            #expect(try #require(samples[#"\#(duration)_sum{route="/api/v1/targets/{id}"}"#]) > 0)

            // The request for the metrics itself.
            #expect(samples["salestargets_http_requests_in_flight"] == 1)
            #expect(samples[#"salestargets_build_info{version="1.2.3"}"#] == 1)
            #expect(try #require(samples["process_resident_memory_bytes"]) > 1_000_000)
            let started = try #require(samples["process_start_time_seconds"])
            #expect(abs(started - Date().timeIntervalSince1970) < 300)
        }
    }

    @Test(
        "An incomplete request does not keep the server from stopping",
        arguments: ["GET /healthz HTTP/1.1\r\nHost", "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf"]
    )
    func shutdown(half: String) async throws {
        try await withFixture([]) { fixture in
            let application = try await fixture.application()
            let (descriptor, start) = try await application.test(.live) { client in
                let descriptor = try Self.connect(to: try #require(client.port))
                let half = Array(half.utf8)
                #expect(write(descriptor, half, half.count) == half.count)
                #expect(try await APIClient(client: client).get("/healthz", token: nil).status == 200)
                return (descriptor, ContinuousClock.now)
            }
            #expect(start.duration(to: .now) < .seconds(10))
            close(descriptor)
        }
    }

    private static func connect(to port: Int) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(result == 0)
        return descriptor
    }
}

/// A strict parser of the Prometheus text format 0.0.4.
private struct PrometheusText {
    /// The values by metric name and labels.
    private(set) var samples: [String: Double] = [:]

    init(_ text: String) throws {
        let sample = #/([a-z_]+)(\{[a-z]+="(?:[^"\\\n]|\\.)*"(?:,[a-z]+="(?:[^"\\\n]|\\.)*")*\})? ([^ ]+)/#
        var types: [String: String] = [:]
        var lastBucket = 0.0
        try #require(text.hasSuffix("\n"))
        for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("# HELP ") { continue }
            if line.hasPrefix("# TYPE ") {
                let words = line.split(separator: " ").map(String.init)
                try #require(words.count == 4 && types[words[2]] == nil, "\(line)")
                types[words[2]] = words[3]
                continue
            }
            let match = try #require(try sample.wholeMatch(in: line), "\(line)")
            let name = String(match.1)
            let value = try #require(Double(match.3), "\(line)")
            let family = ["_bucket", "_sum", "_count"].reduce(name) { name, suffix in
                name.hasSuffix(suffix) && types[String(name.dropLast(suffix.count))] == "histogram"
                    ? String(name.dropLast(suffix.count)) : name
            }
            try #require(types[family] != nil, "\(line)")
            if name.hasSuffix("_bucket") {
                try #require(value >= (line.contains(#"le="0.001""#) ? 0 : lastBucket), "\(line)")
                lastBucket = value
            }
            let key = name + (match.2.map(String.init) ?? "")
            try #require(samples.updateValue(value, forKey: key) == nil, "duplicate sample: \(line)")
        }
    }
}
