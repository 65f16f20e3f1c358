internal import Foundation
internal import Hummingbird
internal import NIOCore
internal import SalesTargets

/// What is known of a request on its way through.
struct Context: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Set once the token was checked.
    var viewer: Viewer?
    /// Who opened the connection; nil where that has no address.
    let peer: SocketAddress?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        peer = source.channel.remoteAddress
    }

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

    /// The id in the path; nil when it cannot be one.
    var id: Identifier? {
        parameters.get("id")?.removingPercentEncoding.flatMap { Identifier($0) }
    }
}
