internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import SalesTargets

/// Lets nobody pass without a valid token; what a role may see, each route decides.
struct BearerTokens: RouterMiddleware {
    let verifier: TokenVerifier
    let defaultTenant: Identifier
    let now: @Sendable () -> Date

    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let words = request.headers[.authorization]?.split(separator: " ") ?? []
        guard words.count == 2, words[0].lowercased() == "bearer",
            let viewer = await verifier.viewer(of: String(words[1]), defaultTenant: defaultTenant, now: now())
        else { throw Problem.unauthorized }
        var context = context
        context.viewer = viewer
        return try await next(request, context)
    }
}
