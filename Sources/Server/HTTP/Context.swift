internal import Foundation
internal import Hummingbird
internal import NIOCore
internal import SalesRules

/// What is known of a request on its way through.
struct Context: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The connection that it came over.
    let channel: any Channel
    /// Set once the token was checked.
    var viewer: Viewer?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// Who opened the connection; nil where that has no address.
    var peer: SocketAddress? { channel.remoteAddress }

    /// Whoever has a valid token.
    func signedIn() throws(Problem) -> Viewer {
        guard let viewer else { throw .unauthorized }
        return viewer
    }

    /// A manager or a salesperson: whoever only brings orders in sees no numbers.
    func reading() throws(Problem) -> Viewer {
        let viewer = try signedIn()
        guard viewer.role != .ingest else { throw .forbidden }
        return viewer
    }

    /// A manager: nobody else changes anything.
    func managing() throws(Problem) -> Viewer {
        let viewer = try signedIn()
        guard viewer.role == .manager else { throw .managersOnly }
        return viewer
    }

    /// The id in the path; nil when it cannot be one.
    var id: Identifier? {
        parameters.get("id")?.removingPercentEncoding.flatMap { Identifier($0) }
    }
}
