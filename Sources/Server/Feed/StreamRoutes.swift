internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import NIOCore
internal import ServiceLifecycle

/// The live feed as server-sent events (the contract's `GET /stream`).
struct StreamRoutes: Sendable {
    let feed: Feed

    func add(to group: RouterGroup<Context>) {
        group.get("stream") { request, context in try stream(request, context) }
    }

    private func stream(_ request: Request, _ context: Context) throws(Problem) -> Response {
        let viewer = try context.reading()
        guard let scope = FeedScope(of: viewer) else { throw .forbidden }
        let seconds = try Query.read(request) { $0.seconds() } ?? Self.longest
        let channel = context.channel
        let last = request.headers[Self.lastEventID].flatMap { $0.isEmpty ? nil : $0 }
        // Held by the body alone, so that it goes when the body does, also one that is never written, as for HEAD.
        guard let stream = feed.open(viewer, scope, after: last, hangUp: { channel.close(promise: nil) }) else {
            throw Problem(
                status: .serviceUnavailable,
                detail: "Too many are following already; try again later.",
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
                    // A viewer who takes nothing must not hold up the stop.
                    channel.eventLoop.scheduleTask(in: Self.farewell) { channel.close(promise: nil) }
                }
            } onInboundClosed: {
                stream.end()
            }
            try await writer.finish(nil)
        }
        let headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store", Self.buffering: "no"]
        return Response(status: .ok, headers: headers, body: body)
    }

    /// Seconds after which a viewer has to come again, and who they are is asked again: an account may be gone meanwhile.
    private static let longest = 600
    /// How long a frame under way may take when the server stops.
    private static let farewell = TimeAmount.milliseconds(500)
    private static let lastEventID = HTTPField.Name("Last-Event-ID")!
    /// Proxies of nginx' kind would hold events back until they have some kilobytes.
    private static let buffering = HTTPField.Name("X-Accel-Buffering")!
}
