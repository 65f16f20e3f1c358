internal import Foundation
internal import Hummingbird
internal import NIOCore
internal import SalesRules

/// What the server knows about a request while it handles it.
struct Context: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The connection of the request.
    let channel: any Channel
    /// Set by `AuthenticationMiddleware` once the token is checked.
    var viewer: Viewer?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// The other end of the connection; nil when it has no address.
    var peer: SocketAddress? { channel.remoteAddress }

    /// The viewer, with any role.
    func requireViewer() throws(Problem) -> Viewer {
        guard let viewer else { throw .unauthorized }
        return viewer
    }

    /// The viewer, if they may see results: a manager or a salesperson.
    func requireReader() throws(Problem) -> Viewer {
        let viewer = try requireViewer()
        guard viewer.role != .ingest else { throw .forbidden }
        return viewer
    }

    /// The viewer, if they may change targets and allocations: a manager.
    func requireManager() throws(Problem) -> Viewer {
        let viewer = try requireViewer()
        guard viewer.role == .manager else { throw .managersOnly }
        return viewer
    }

    /// The id in the path; nil when it is not valid.
    var id: Identifier? {
        parameters.get("id")?.removingPercentEncoding.flatMap { Identifier($0) }
    }
}
