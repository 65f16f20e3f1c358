internal import Events
internal import Hummingbird

/// For those who run it: without a token, and without anything that is anyone's.
struct OperatorRoutes: Sendable {
    private let metrics: Metrics
    private let kafka: Probe
    private let redis: Probe
    private let feed: Feed

    init(metrics: Metrics, surroundings: Surroundings, feed: Feed) {
        self.metrics = metrics
        self.feed = feed
        kafka = Probe(surroundings.isKafkaReachable)
        redis = Probe(surroundings.isRedisReachable)
    }

    func add(to router: Router<Context>) {
        router.get("healthz") { _, _ in Response.text("ok\n") }
        router.get("readyz") { _, _ in
            let (isKafkaUp, isRedisUp) = await reachability()
            return Response.json(status: isKafkaUp && isRedisUp ? .ok : .serviceUnavailable) { json in
                json.member("kafka", isKafkaUp)
                json.member("redis", isRedisUp)
            }
        }
        router.get("metrics") { _, _ in
            let (isKafkaUp, isRedisUp) = await reachability()
            return Response.text(
                metrics.text(isKafkaUp: isKafkaUp, isRedisUp: isRedisUp, feed: feed.health),
                type: "text/plain; version=0.0.4; charset=utf-8"
            )
        }
    }

    private func reachability() async -> (kafka: Bool, redis: Bool) {
        async let kafka = kafka.isUp()
        async let redis = redis.isUp()
        return await (kafka, redis)
    }
}
