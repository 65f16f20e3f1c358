internal import Hummingbird

/// The freshness of the results: `GET /api/v1/freshness`.
struct FreshnessRoutes: Sendable {
    let freshness: FreshnessMonitor

    func add(to group: RouterGroup<Context>) {
        group.get("freshness") { _, context in
            _ = try context.requireViewer()
            let state = await freshness.latest()
            return Response.json { state.write(to: &$0) }
        }
    }
}
