internal import Hummingbird

/// How old the results are, for whoever shows them.
struct FreshnessRoutes: Sendable {
    let freshness: Freshness

    func add(to group: RouterGroup<Context>) {
        group.get("freshness") { _, context in
            _ = try context.signedIn()
            let state = await freshness.latest()
            return Response.json { state.write(to: &$0) }
        }
    }
}
