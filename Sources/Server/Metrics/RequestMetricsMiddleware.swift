internal import HTTPTypes
internal import Hummingbird

/// Counts every request under the route that it matched, never under its raw path.
struct RequestMetricsMiddleware: RouterMiddleware {
    let metrics: Metrics

    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        var status = HTTPResponse.Status.internalServerError
        metrics.begin()
        defer {
            metrics.end(
                route: context.endpointPath ?? "none",
                method: Self.name(of: request.method),
                status: status.code,
                seconds: start.duration(to: .now) / .seconds(1)
            )
        }
        let response = try await next(request, context)
        status = response.status
        return response
    }

    /// Clients can send any method name: counting each of them would use memory without limit.
    private static func name(of method: HTTPRequest.Method) -> String {
        let known: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options]
        return known.contains(method) ? method.rawValue : "other"
    }
}
