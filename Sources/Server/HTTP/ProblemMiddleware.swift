internal import Events
internal import HTTPTypes
internal import Hummingbird
internal import Ledger
internal import Log
internal import Logging

/// Turns every error into a problem document, and sets the headers that every response has.
struct ProblemMiddleware: RouterMiddleware {
    private let logger: Logger
    private let temporaryFailures = FailureCount()

    init(logger: Logger) { self.logger = logger }

    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            let problem = problem(of: error, request, context)
            response = ProblemPage.isWanted(request) ? ProblemPage.response(problem, request) : problem.response
        }
        response.headers[.xContentTypeOptions] = "nosniff"
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        return response
    }

    private func problem(of error: any Error, _ request: Request, _ context: Context) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let error as LedgerError:
            if !error.isTemporary, !error.isOfConnection {
                log(error, request, level: .error)
            } else if let others = temporaryFailures.count(at: .now) {
                log(error, request, level: .warning, others: others)
            }
            return Problem(error)
        case let error as LogError:
            log(error, request, level: .error)
            return Problem(error)
        case is EditsExhausted:
            return Problem(
                status: .conflict,
                detail: "The record has the highest edit of its version: only its source can save it."
            )
        case let error as RequestBodyErrors: return Problem(error)
        case let error as HTTPError:
            return Problem(status: error.status, detail: error.body ?? "", headers: error.headers)
        case let error as any HTTPResponseError:
            let status = try? error.response(from: request, context: context).status
            return Problem(status: status ?? .internalServerError, detail: "")
        default:
            log(error, request, level: .error)
            return Problem(status: .internalServerError, detail: "The server's log has the reason.")
        }
    }

    /// - Parameter others: how many failures were not logged since the last message.
    private func log(_ error: any Error, _ request: Request, level: Logger.Level, others: Int = 0) {
        var metadata: Logger.Metadata = ["path": "\(request.uri.path)", "error": "\(error)"]
        if others > 0 { metadata["others"] = "\(others)" }
        logger.log(level: level, "a request failed", metadata: metadata)
    }
}
