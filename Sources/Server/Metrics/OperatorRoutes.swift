internal import Events
internal import Hummingbird

/// Health, readiness and metrics for operators. They need no sign-in: they contain no tenant's data.
struct OperatorRoutes: Sendable {
    let metrics: Metrics
    let freshness: FreshnessMonitor
    let feed: Feed

    func add(to router: Router<Context>) {
        router.get("healthz") { _, _ in Response.text("ok\n") }
        router.get("readyz") { _, _ in
            let state = await freshness.latest()
            return Response.json(status: state.isReady ? .ok : .serviceUnavailable) { json in
                json.member("kafka", state.isKafkaUp)
                json.member("redis", state.isRedisUp)
                state.writeProgress(to: &json)
                json.list("problems", state.problems)
            }
        }
        router.get("metrics") { _, _ in
            Response.text(
                metrics.text(await freshness.latest(), feed: feed.health),
                type: "text/plain; version=0.0.4; charset=utf-8"
            )
        }
    }
}
