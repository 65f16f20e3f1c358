internal import HTTPTypes
internal import Hummingbird

/// Limits how many results a person reads at the same time. A write waits for the worker, and is not limited here.
struct TurnsMiddleware: RouterMiddleware {
    private let turns = Turns(perPerson: 8, queueLimit: 256)

    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard [.get, .head].contains(request.method), let viewer = context.viewer else {
            return try await next(request, context)
        }
        return try await turns.run(for: viewer) { try await next(request, context) }
    }
}
