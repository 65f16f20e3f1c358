internal import HTTPTypes
internal import Hummingbird
internal import Ledger
internal import Logging
internal import SalesTargets

/// What is known of a request on its way through.
struct Context: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Set once the token was checked.
    var viewer: Viewer?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
    }

    func signedIn() throws(Problem) -> Viewer {
        guard let viewer else { throw .unauthorized }
        return viewer
    }
}

/// Lets nobody pass without a valid token; what a role may see, each route decides.
struct BearerTokens: RouterMiddleware {
    let verifier: TokenVerifier
    let defaultTenant: Identifier

    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let words = request.headers[.authorization]?.split(separator: " ") ?? []
        guard words.count == 2, words[0].lowercased() == "bearer",
            let viewer = await verifier.viewer(of: String(words[1]), defaultTenant: defaultTenant)
        else { throw Problem.unauthorized }
        var context = context
        context.viewer = viewer
        return try await next(request, context)
    }
}

/// Makes every error a problem document, and sets what every response carries.
struct Problems: RouterMiddleware {
    let logger: Logger

    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch let problem as Problem {
            response = problem.response
        } catch let error as LedgerError {
            logger.error("a request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            response = Problem(error).response
        } catch let error as HTTPError {
            response = Problem(status: error.status, detail: error.body ?? error.status.reasonPhrase + ".").response
        } catch {
            logger.error("a request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            response = Problem(status: .internalServerError, detail: "The server's log says why.").response
        }
        response.headers[.xContentTypeOptions] = "nosniff"
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        return response
    }
}
