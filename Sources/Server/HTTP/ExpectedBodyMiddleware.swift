internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import NIOCore

/// Asks a client that waits for it (`Expect: 100-continue`) to send the body, when a route begins to read it: after
/// sign-in and the checks that need no body.
struct ExpectedBodyMiddleware: RouterMiddleware {
    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard request.headers[.expect] != nil, ![.get, .head].contains(request.method) else {
            return try await next(request, context)
        }
        var request = request
        request.body = RequestBody(asyncSequence: ExpectedBody(body: request.body, channel: context.channel))
        return try await next(request, context)
    }
}

/// A body that is asked for when it is read.
private struct ExpectedBody: AsyncSequence, Sendable {
    let body: RequestBody
    let channel: any Channel

    func makeAsyncIterator() -> RequestBody.AsyncIterator {
        channel.triggerUserOutboundEvent(ConnectionHandler.BodyWanted(), promise: nil)
        return body.makeAsyncIterator()
    }
}
