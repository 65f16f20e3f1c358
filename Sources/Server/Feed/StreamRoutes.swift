internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import NIOCore
internal import ServiceLifecycle

/// The live feed as server-sent events: `GET /api/v1/stream` (docs/CONTRACT.md, "Live feed").
struct StreamRoutes: Sendable {
    let feed: Feed

    func add(to group: RouterGroup<Context>) {
        group.get("stream") { request, context in try stream(request, context) }
    }

    private func stream(_ request: Request, _ context: Context) throws(Problem) -> Response {
        let viewer = try context.requireReader()
        guard let scope = FeedScope(of: viewer) else { throw .forbidden }
        let seconds = try Query.read(request) { $0.seconds() } ?? Self.defaultSeconds
        let channel = context.channel
        let last = request.headers[Self.lastEventID].flatMap { $0.isEmpty ? nil : $0 }
        // Only the body holds the stream: so the stream closes even if the body is never written, as for HEAD.
        let opened = feed.open(viewer, scope, after: last, closeConnection: { channel.close(promise: nil) })
        guard let stream = opened else {
            throw Problem(
                status: .serviceUnavailable,
                detail: "The server has too many open streams, or you have; try again later.",
                headers: [.retryAfter: "30"]
            )
        }
        let limit = channel.eventLoop.scheduleTask(in: .seconds(Int64(seconds))) { [weak stream] in stream?.end() }
        let body = ResponseBody { writer in
            defer { limit.cancel() }
            try await request.body.consumeWithInboundCloseHandler { _ in
                try await withGracefulShutdownHandler {
                    try await writer.write(stream.opening)
                    while let frame = await stream.next() { try await writer.write(frame) }
                } onGracefulShutdown: {
                    stream.end()
                    // A viewer who reads nothing must not delay the stop of the server.
                    channel.eventLoop.scheduleTask(in: Self.stopTimeout) { channel.close(promise: nil) }
                }
            } onInboundClosed: {
                stream.end()
            }
            try await writer.finish(nil)
        }
        let headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store", Self.buffering: "no"]
        return Response(status: .ok, headers: headers, body: body)
    }

    /// The default length of a stream. The viewer then reconnects with its token, so that a deleted account loses access.
    private static let defaultSeconds = 600
    /// How long the write of a frame may still take when the server stops.
    private static let stopTimeout = TimeAmount.milliseconds(500)
    private static let lastEventID = HTTPField.Name("Last-Event-ID")!
    /// Without this header, nginx delays events until its buffer has some kilobytes.
    private static let buffering = HTTPField.Name("X-Accel-Buffering")!
}
